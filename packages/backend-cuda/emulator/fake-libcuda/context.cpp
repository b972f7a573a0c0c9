// Devices, their primary contexts, and what tests ask for.
#include <cstring>

#include "driver.h"

State& state = *new State;
thread_local Handle currentContext = 0;

bool isSticky(Result result) {
  return result == 214 || result == 220 || (result >= 700 && result <= 719 && result != 701) || result == 999;
}

Result enter(const char* call, bool needsContext) {
  state.calls[call]++;
  Context* const now = context();
  if (const auto fault = state.faults.find(call); fault != state.faults.end() && --fault->second.first <= 0) {
    const Result result = fault->second.second;
    state.faults.erase(fault);
    if (isSticky(result) && now != nullptr) now->error = result;
    return result;
  }
  if (!needsContext) return success;
  if (!state.initialized) return notInitialized;
  return now == nullptr ? invalidContext : now->error;
}

Context* context() {
  const auto found = state.contexts.find(currentContext);
  return found == state.contexts.end() ? nullptr : &found->second;
}

namespace {

const std::map<Result, std::pair<const char*, const char*>> names = {
    {invalidValue, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
    {outOfMemory, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
    {notInitialized, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
    {noDevice, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
    {invalidDevice, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
    {invalidImage, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
    {invalidContext, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
    {214, {"CUDA_ERROR_ECC_UNCORRECTABLE", "uncorrectable ECC error encountered"}},
    {invalidHandle, {"CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}},
    {notFound, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
    {notReady, {"CUDA_ERROR_NOT_READY", "device not ready"}},
    {illegalAddress, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
    {701, {"CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"}},
    {710, {"CUDA_ERROR_ASSERT", "device-side assert triggered"}},
    {launchFailed, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
    {notSupported, {"CUDA_ERROR_NOT_SUPPORTED", "operation not supported"}},
    {captureUnsupported, {"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}},
};

// What stands in a context when it ends goes with it.
void endContext(Handle handle) {
  const auto lose = [handle](auto& all) {
    for (auto it = all.begin(); it != all.end();) {
      if (it->second->context != handle) {
        ++it;
        continue;
      }
      // Functions are the module's: they have no end of their own.
      if (dynamic_cast<Function*>(it->second.get()) == nullptr) state.abandoned++;
      it = all.erase(it);
    }
  };
  lose(state.objects);
  lose(state.allocations);
  state.contexts.erase(handle);
  state.complaint.clear();
}

}  // namespace

extern "C" {

Result cuInit(unsigned flags) {
  ENTER(false);
  if (flags != 0) return invalidValue;
  if (state.settings.devices == 0) return noDevice;
  state.initialized = true;
  return success;
}

Result cuDriverGetVersion(int* version) {
  ENTER(false);
  *version = state.settings.driverVersion;
  return success;
}

Result cuGetErrorName(Result result, const char** name) {
  const auto found = names.find(result);
  *name = found == names.end() ? nullptr : found->second.first;
  return found == names.end() ? invalidValue : success;
}

Result cuGetErrorString(Result result, const char** text) {
  const auto found = names.find(result);
  *text = found == names.end() ? nullptr : found->second.second;
  if (result == launchFailed && !state.complaint.empty()) *text = state.complaint.c_str();
  return found == names.end() ? invalidValue : success;
}

Result cuDeviceGetCount(int* count) {
  ENTER(false);
  *count = state.settings.devices;
  return success;
}

Result cuDeviceGet(int* device, int ordinal) {
  ENTER(false);
  if (ordinal < 0 || ordinal >= state.settings.devices) return invalidDevice;
  *device = ordinal;
  return success;
}

Result cuDeviceGetName(char* name, int length, int) {
  ENTER(false);
  std::strncpy(name, "CUDA C++ on the processor", static_cast<std::size_t>(length));
  return success;
}

Result cuDeviceGetAttribute(int* value, int attribute, int) {
  ENTER(false);
  switch (attribute) {
    case 1: *value = 1024; return success;
    case 16: *value = state.settings.processors; return success;
    case 75: *value = state.settings.computeCapability / 10; return success;
    case 76: *value = state.settings.computeCapability % 10; return success;
    case 97: *value = state.settings.sharedBytes; return success;
    case 115: *value = state.settings.pools; return success;
    default: return invalidValue;
  }
}

Result cuDeviceTotalMem_v2(std::size_t* bytes, int) {
  ENTER(false);
  *bytes = state.settings.memoryBytes;
  return success;
}

Result cuDevicePrimaryCtxRetain(Handle* context, int device) {
  ENTER(false);
  if (!state.initialized) return notInitialized;
  if (device < 0 || device >= state.settings.devices) return invalidDevice;
  auto& handle = state.primary[device];
  if (state.contexts.count(handle) == 0) {
    handle = state.lastHandle += 16;
    state.contexts[handle] = {device};
  }
  state.contexts[handle].users++;
  *context = handle;
  return success;
}

Result cuDevicePrimaryCtxRelease_v2(int device) {
  ENTER(false);
  const Handle handle = state.primary[device];
  const auto found = state.contexts.find(handle);
  if (found == state.contexts.end()) return invalidContext;
  if (--found->second.users == 0) endContext(handle);
  return success;
}

Result cuCtxSetCurrent(Handle context) {
  ENTER(false);
  if (context != 0 && state.contexts.count(context) == 0) return invalidContext;
  currentContext = context;
  return success;
}

// Makes the nth call from now on (1: the next) return `result`; 0: no call.
void fake_fail(const char* call, int nth, Result result) {
  if (nth == 0) state.faults.erase(call);
  else state.faults[call] = {nth, result};
}

// How often a function was called.
std::uint64_t fake_calls(const char* call) { return state.calls[call]; }

// What is allocated or made, and not destroyed yet. Functions are the module's.
std::uint64_t fake_live() {
  std::uint64_t live = state.allocations.size() + state.contexts.size();
  for (const auto& [_, object] : state.objects) live += dynamic_cast<Function*>(object.get()) == nullptr;
  return live;
}

// What was left to the end of its context.
std::uint64_t fake_abandoned() { return state.abandoned; }

// A driver as it is at first. Only where nothing is open.
void fake_reset() { state = State{}; }

// False for a setting that is not known.
bool fake_set(const char* setting, std::uint64_t value) {
  auto& [devices, driverVersion, computeCapability, processors, sharedBytes, pools, pace, memoryBytes] = state.settings;
  const std::string name = setting;
  if (name == "devices") devices = static_cast<int>(value);
  else if (name == "driver-version") driverVersion = static_cast<int>(value);
  else if (name == "compute-capability") computeCapability = static_cast<int>(value);
  else if (name == "processors") processors = static_cast<int>(value);
  else if (name == "shared-bytes") sharedBytes = static_cast<int>(value);
  else if (name == "pools") pools = value != 0;
  else if (name == "pace") pace = static_cast<int>(value);
  else if (name == "memory-bytes") memoryBytes = value;
  else return false;
  return true;
}

}  // extern "C"
