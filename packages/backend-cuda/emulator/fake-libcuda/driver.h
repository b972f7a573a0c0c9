// The state of a driver without a GPU: memory of the host, streams whose work waits until somebody asks for it.
// It is stricter than CUDA promises to be, so that tests find what a GPU forgives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../tensor.h"

using Result = int;
using Handle = std::uint64_t;

// The values of cuda.h that are given here.
inline constexpr Result success = 0;
inline constexpr Result invalidValue = 1;
inline constexpr Result outOfMemory = 2;
inline constexpr Result notInitialized = 3;
inline constexpr Result noDevice = 100;
inline constexpr Result invalidDevice = 101;
inline constexpr Result invalidImage = 200;
inline constexpr Result invalidContext = 201;
inline constexpr Result invalidHandle = 400;
inline constexpr Result notFound = 500;
inline constexpr Result notReady = 600;
inline constexpr Result illegalAddress = 700;
inline constexpr Result launchFailed = 719;
inline constexpr Result notSupported = 801;
inline constexpr Result captureUnsupported = 900;

// Whether nothing works in a context after this error.
bool isSticky(Result);

// Something to be done in the order of a stream.
using Operation = std::function<Result()>;

struct Settings {
  int devices = 1;
  int driverVersion = 13000;
  int computeCapability = 80;
  int processors = 64;
  int sharedBytes = 99 * 1024;
  bool pools = true;
  // Operations that a query lets a stream do; 0: all of them.
  int pace = 0;
  std::size_t memoryBytes = std::size_t{1} << 36;
};

struct Context {
  int device;
  int users = 0;
  Result error = success;
};

// What a handle stands for belongs to a context, and goes with it.
struct Object {
  Handle context;
  virtual ~Object() = default;
};

struct Stream : Object {
  std::deque<Operation> waiting;
  std::shared_ptr<std::vector<Operation>> capture;
};

struct Event : Object {
  Handle stream = 0;
  std::uint64_t recorded = 0, completed = 0;
};

struct Module : Object {
  std::shared_ptr<void> library;
};

struct Function : Object {
  using Launch = int (*)(unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void**, unsigned);
  Handle module;
  std::string name;
  Launch launch;
  const char* (*complaint)();
  std::vector<unsigned> parameterBytes;
  std::size_t dynamicBytes = 48 * 1024;
};

struct Graph : Object {
  std::vector<Operation> operations;
};

struct Executable : Object {
  std::vector<Operation> operations;
  std::shared_ptr<int> running = std::make_shared<int>(0);
};

struct Pool : Object {
  // Sizes of what was freed into it. It keeps them from others, and gives each out in one piece.
  std::multiset<std::size_t> kept;
};

// Memory of a device or, pinned, of the host; between two guards.
struct Allocation : Object {
  std::size_t bytes;
  bool pinned;
  // Where it came from a pool: that, and what it takes of it.
  Handle pool = 0;
  std::size_t pooledBytes = 0;
  std::unique_ptr<unsigned char[]> memory;
};

struct State {
  Settings settings;
  bool initialized = false;
  // By device.
  std::map<int, Handle> primary;
  std::map<Handle, Context> contexts;
  std::map<Handle, std::unique_ptr<Object>> objects;
  // By the address that is given out.
  std::map<Handle, std::unique_ptr<Allocation>> allocations;
  Handle lastHandle = 0x1000;
  // What a kernel that failed did wrong.
  std::string complaint;
  std::map<std::string, std::uint64_t> calls;
  // Of a call: how often it goes well yet, and what it returns then.
  std::map<std::string, std::pair<int, Result>> faults;
  // Objects that the end of their context took along.
  std::uint64_t abandoned = 0;
};

extern State& state;
extern thread_local Handle currentContext;

// To begin a call with: counts it, and returns what it was told to return, or what is wrong with the context.
Result enter(const char* call, bool needsContext = true);
#define ENTER(...)                                                            \
  if (const Result refused = enter(__func__ __VA_OPT__(, ) __VA_ARGS__); refused != success) return refused

Context* context();

template <typename T>
T* find(Handle handle) {
  const auto found = state.objects.find(handle);
  if (found == state.objects.end() || found->second->context != currentContext) return nullptr;
  return dynamic_cast<T*>(found->second.get());
}

template <typename T>
std::pair<Handle, T*> make() {
  const Handle handle = state.lastHandle += 16;
  auto made = std::make_unique<T>();
  T* const object = made.get();
  object->context = currentContext;
  state.objects[handle] = std::move(made);
  return {handle, object};
}

// Destroys an object that must be there.
template <typename T>
Result destroy(Handle handle) {
  if (find<T>(handle) == nullptr) return invalidHandle;
  state.objects.erase(handle);
  return success;
}

// Whether `bytes` from `address` on lie within one allocation of this context.
bool isInside(Handle address, std::size_t bytes, bool pinned);
// Whether all of a tensor does.
bool isInside(const TwTensor&);
// Whether a launch has written beside any allocation.
bool isGuardBroken();

// Adds to what waits in a stream, or to the graph that it captures.
Result enqueue(Handle stream, Operation);
// Does up to `limit` operations of a stream, 0: all; the first error stays the context's.
Result advance(Stream&, int limit);
