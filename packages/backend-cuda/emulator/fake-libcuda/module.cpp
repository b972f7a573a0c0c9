// Modules, which are libraries that the emulated compiler has made, and launches of their kernels.
#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "driver.h"

namespace {

// A parameter of a launch, aligned as much as a tile map.
struct Parameter {
  struct alignas(alignof(TwTileMap)) Piece {
    unsigned char bytes[alignof(TwTileMap)];
  };
  std::size_t bytes;
  std::vector<Piece> pieces;
  Parameter(const void* value, std::size_t bytes) : bytes(bytes), pieces((bytes + sizeof(Piece) - 1) / sizeof(Piece)) {
    std::memcpy(pieces.data(), value, bytes);
  }
};

// What points nowhere that this context owns ends the launch, as on a GPU; a tensor too, which may be accessed to its end.
bool pointsOutside(const std::vector<Parameter>& values) {
  return std::any_of(values.begin(), values.end(), [](const Parameter& value) {
    if (value.bytes == sizeof(TwTileMap)) {
      const TwTensor* const tensor = tw_tensor(value.pieces.data());
      return tensor != nullptr && !isInside(*tensor);
    }
    if (value.bytes != sizeof(Handle)) return false;
    Handle pointer;
    std::memcpy(&pointer, value.pieces.data(), sizeof pointer);
    return !isInside(pointer, 1, false);
  });
}

}  // namespace

extern "C" {

Result cuModuleLoadData(Handle* module, const char* image) {
  ENTER();
  constexpr char first[] = "TILEWRIGHT-EMULATED\n";
  if (std::strncmp(image, first, sizeof first - 1) != 0) return invalidImage;
  const char* const path = image + sizeof first - 1;
  const char* const end = std::strchr(path, '\n');
  if (end == nullptr) return invalidImage;
  void* const library = dlopen(std::string(path, end).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return invalidImage;
  const auto [made, object] = make<Module>();
  object->library = std::shared_ptr<void>(library, dlclose);
  *module = made;
  return success;
}

Result cuModuleUnload(Handle module) {
  ENTER();
  for (auto it = state.objects.begin(); it != state.objects.end();) {
    const auto* const function = dynamic_cast<Function*>(it->second.get());
    it = function != nullptr && function->module == module ? state.objects.erase(it) : std::next(it);
  }
  return destroy<Module>(module);
}

// The same for the same name.
Result cuModuleGetFunction(Handle* function, Handle handle, const char* name) {
  ENTER();
  Module* const module = find<Module>(handle);
  if (module == nullptr) return invalidHandle;
  const auto symbol = [&](const std::string& full) { return dlsym(module->library.get(), full.c_str()); };
  void* const launch = symbol(std::string(name) + "__launch");
  const auto parameterBytes = reinterpret_cast<unsigned (*)(unsigned)>(symbol(std::string(name) + "__parameter_bytes"));
  if (launch == nullptr || parameterBytes == nullptr) return notFound;
  for (const auto& [known, object] : state.objects) {
    const auto* const other = dynamic_cast<const Function*>(object.get());
    if (other == nullptr || other->module != handle || other->name != name) continue;
    *function = known;
    return success;
  }
  const auto [made, object] = make<Function>();
  object->module = handle;
  object->name = name;
  object->launch = reinterpret_cast<Function::Launch>(launch);
  object->complaint = reinterpret_cast<const char* (*)()>(symbol("tilewright_message"));
  for (unsigned i = 0; parameterBytes(i) > 0; i++) object->parameterBytes.push_back(parameterBytes(i));
  *function = made;
  return success;
}

Result cuFuncSetAttribute(Handle handle, int attribute, int value) {
  ENTER();
  Function* const function = find<Function>(handle);
  if (function == nullptr) return invalidHandle;
  if (attribute != 8 || value < 0 || value > state.settings.sharedBytes) return invalidValue;
  function->dynamicBytes = static_cast<std::size_t>(value);
  return success;
}

// Parameters are copied now, the kernel runs in its turn.
Result cuLaunchKernel(Handle handle, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                      unsigned sharedBytes, Handle stream, void** params, void** extra) {
  ENTER();
  const Function* const function = find<Function>(handle);
  if (function == nullptr) return invalidHandle;
  const bool isGrid = gx > 0 && gx <= 0x7fffffff && gy > 0 && gy <= 65535 && gz > 0 && gz <= 65535;
  const auto threads = std::uint64_t{bx} * by * bz;
  if (!isGrid || threads == 0 || threads > 1024 || sharedBytes > function->dynamicBytes || extra != nullptr) {
    return invalidValue;
  }
  std::vector<Parameter> values;
  for (std::size_t i = 0; i < function->parameterBytes.size(); i++) {
    values.emplace_back(params[i], function->parameterBytes[i]);
  }
  const auto library = find<Module>(function->module)->library;
  return enqueue(stream, [=, launch = function->launch, complaint = function->complaint]() mutable -> Result {
    if (pointsOutside(values)) return illegalAddress;
    std::vector<void*> pointers;
    for (auto& value : values) pointers.push_back(value.pieces.data());
    const int failed = launch(gx, gy, gz, bx, by, bz, sharedBytes, pointers.data(), 0);
    (void)library;
    if (failed != 0 && complaint != nullptr) state.complaint = complaint();
    if (isGuardBroken()) return illegalAddress;
    return failed == 0 ? success : launchFailed;
  });
}

}  // extern "C"
