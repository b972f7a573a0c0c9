// One cluster of blocks, mostly of one, on one OS thread: its threads are fibers, which run from barrier to barrier in order.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "execution.h"
#include "fiber.h"

constexpr unsigned maxThreads = 1024;
constexpr unsigned warpLanes = 32;

struct MemoryRange {
  unsigned char* start = nullptr;
  unsigned char* end = nullptr;
  bool holds(const void* pointer, unsigned bytes) const {
    auto* at = static_cast<const unsigned char*>(pointer);
    return at >= start && at + bytes <= end;
  }
};

// A place where threads wait for each other. Who waits remembers the generation, and is free once it has passed.
struct Meeting {
  // How many threads of a block, and which lanes of a warp.
  unsigned arrived = 0;
  unsigned generation = 0;
};

// Lanes of one mask meet. Masks of lanes that meet apart have no lane in common, and so no lowest lane.
struct WarpMeeting : Meeting {
  unsigned mask = 0;
  TwCollective collective = nullptr;
};

struct Warp {
  unsigned live = 0;
  // Meetings at which a lane waits.
  unsigned open = 0;
  WarpMeeting meetings[warpLanes];
  void* operands[warpLanes];
};

struct Copy {
  void* to;
  const void* from;
  unsigned bytes;
  bool inside;
  unsigned group;
};

// In shared memory. A phase ends when as many threads have arrived as are expected, and all bytes have come that are awaited;
// phases alternate in parity.
struct Mbarrier {
  std::uint16_t expected;
  std::uint16_t arrived;
  std::int32_t awaited : 31;
  std::uint32_t parity : 1;
};

struct Block {
  // Of __syncthreads.
  Meeting all;
  unsigned live;
  MemoryRange dynamicShared;
};

struct Thread {
  TwPlace place;
  Warp* warp;
  Block* block;
  // Where it waits, if it has started and not ended.
  const Meeting* waitsAt;
  unsigned generation;
  // The mbarrier whose phase of this parity it waits for.
  const Mbarrier* waitsFor;
  unsigned parity;
  bool started, ended;
  Stack* stack;
  void* stackPointer;
  std::vector<Copy> copies;
  unsigned group;

  bool ready() const {
    if (ended || (waitsFor != nullptr && waitsFor->parity == parity)) return false;
    return waitsAt == nullptr || waitsAt->generation != generation;
  }
};

// Whether this OS thread runs a kernel.
bool isBlockRunning();

class Cluster {
 public:
  // Prepares for the clusters of one launch.
  void begin(const TwLaunch& launch, MemoryRange shared);
  // Whether all of its threads came to their end. The place of its first block.
  bool execute(TwIndex first);
  const std::string& message() const { return failure; }

  // For the thread that runs.
  Thread& self() { return *current; }
  void barrier();
  void clusterBarrier();
  void* inBlock(void* pointer, unsigned rank);
  void meet(unsigned mask, TwCollective collective, void* operands);
  [[noreturn]] void fail(std::string what);
  bool isShared(const void* pointer, unsigned bytes) const;
  void issueCopy(const Copy& copy);
  void waitForCopies(unsigned pending);
  Mbarrier& mbarrierAt(void* slot);
  void waitFor(const Mbarrier& mbarrier, unsigned parity);

 private:
  static void fiberMain();
  Thread* nextReady();
  void wait();
  void leave();
  void meetAll(Meeting& meeting, unsigned awaited);
  void closeIfAllArrived(Meeting& meeting, unsigned awaited);
  void closeIfAllArrived(Warp& warp, WarpMeeting& meeting);
  [[noreturn]] void failAsDeadlock();
  std::string nameOf(const Thread& thread) const;

  std::vector<Thread> threads;
  std::vector<Warp> warps;
  // By rank.
  std::vector<Block> blocks;
  Stacks stacks;
  const TwLaunch* launch = nullptr;
  MemoryRange shared;
  std::vector<unsigned char> dynamicMemory;
  // Threads of all blocks.
  unsigned count = 0, live = 0;
  Meeting together;
  Thread* current = nullptr;
  void* caller = nullptr;
  std::string failure;
};
