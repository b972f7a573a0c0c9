// Memory: of a device and of the host, both between guards, and copies that stay inside it.
#include <cstring>
#include <new>

#include "driver.h"

namespace {

constexpr std::size_t alignment = 256;
constexpr unsigned char guardByte = 0xa5;
// What nobody has written: as a float, a large negative number.
constexpr unsigned char freshByte = 0xcb;

bool isIntact(const Allocation& allocation, Handle start) {
  const auto* const before = reinterpret_cast<const unsigned char*>(start) - alignment;
  const auto* const after = reinterpret_cast<const unsigned char*>(start) + allocation.bytes;
  for (std::size_t i = 0; i < alignment; i++) {
    if (before[i] != guardByte || after[i] != guardByte) return false;
  }
  return true;
}

// What nobody else can have.
std::size_t usedBytes(bool pinned) {
  std::size_t used = 0;
  for (const auto& [_, allocation] : state.allocations) {
    if (allocation->pinned != pinned || allocation->context != currentContext) continue;
    used += allocation->pool == 0 ? allocation->bytes : allocation->pooledBytes;
  }
  for (const auto& [_, object] : state.objects) {
    const auto* const pool = dynamic_cast<const Pool*>(object.get());
    if (pinned || pool == nullptr || pool->context != currentContext) continue;
    for (const std::size_t kept : pool->kept) used += kept;
  }
  return used;
}

Result allocate(Handle* pointer, std::size_t bytes, bool pinned, Handle poolHandle = 0) {
  if (bytes == 0) return invalidValue;
  Pool* const pool = find<Pool>(poolHandle);
  std::size_t pooledBytes = bytes;
  const auto piece = pool == nullptr ? std::multiset<std::size_t>::iterator{} : pool->kept.lower_bound(bytes);
  if (pool != nullptr && piece != pool->kept.end()) {
    pooledBytes = *piece;
    pool->kept.erase(piece);
  } else if (usedBytes(pinned) + bytes > state.settings.memoryBytes) {
    return outOfMemory;
  }
  auto made = std::make_unique<Allocation>();
  made->context = currentContext;
  made->bytes = bytes;
  made->pinned = pinned;
  made->pool = poolHandle;
  made->pooledBytes = pooledBytes;
  made->memory.reset(new (std::nothrow) unsigned char[bytes + 3 * alignment]);
  if (made->memory == nullptr) return outOfMemory;
  const auto start = (reinterpret_cast<Handle>(made->memory.get()) + 2 * alignment - 1) / alignment * alignment;
  auto* const memory = reinterpret_cast<unsigned char*>(start);
  std::memset(memory - alignment, guardByte, alignment);
  std::memset(memory, freshByte, bytes);
  std::memset(memory + bytes, guardByte, alignment);
  state.allocations[start] = std::move(made);
  *pointer = start;
  return success;
}

Result release(Handle pointer, bool pinned) {
  const auto found = state.allocations.find(pointer);
  if (found == state.allocations.end() || found->second->pinned != pinned) return invalidValue;
  const bool intact = isIntact(*found->second, pointer);
  if (Pool* const pool = find<Pool>(found->second->pool); pool != nullptr) pool->kept.insert(found->second->pooledBytes);
  state.allocations.erase(found);
  return intact ? success : illegalAddress;
}

Result copy(Handle to, bool toPinned, Handle from, bool fromPinned, std::size_t bytes, Handle stream) {
  return enqueue(stream, [=] {
    if (!isInside(to, bytes, toPinned) || !isInside(from, bytes, fromPinned)) return invalidValue;
    std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
    return success;
  });
}

}  // namespace

bool isInside(Handle address, std::size_t bytes, bool pinned) {
  auto after = state.allocations.upper_bound(address);
  if (after == state.allocations.begin()) return false;
  const auto& [start, allocation] = *--after;
  return allocation->pinned == pinned && allocation->context == currentContext &&
         address + bytes <= start + allocation->bytes;
}

bool isGuardBroken() {
  for (const auto& [start, allocation] : state.allocations) {
    if (!isIntact(*allocation, start)) return true;
  }
  return false;
}

extern "C" {

Result cuMemAlloc_v2(Handle* pointer, std::size_t bytes) {
  ENTER();
  return allocate(pointer, bytes, false);
}

// Waits for all streams, as the driver does.
Result cuMemFree_v2(Handle pointer) {
  ENTER();
  for (const auto& [_, object] : state.objects) {
    auto* const stream = dynamic_cast<Stream*>(object.get());
    if (stream == nullptr || stream->context != currentContext) continue;
    if (const Result failed = advance(*stream, 0); failed != success) return failed;
  }
  return release(pointer, false);
}

Result cuMemHostAlloc(Handle* pointer, std::size_t bytes, unsigned) {
  ENTER();
  return allocate(pointer, bytes, true);
}

Result cuMemFreeHost(Handle pointer) {
  ENTER();
  return release(pointer, true);
}

Result cuMemPoolCreate(Handle* pool, const int* properties) {
  ENTER();
  const auto device = context()->device;
  // Pinned memory without handles, on the device of this context.
  const bool isKnown = properties[0] == 1 && properties[1] == 0 && properties[2] == 1 && properties[3] == device;
  if (!isKnown) return invalidValue;
  *pool = make<Pool>().first;
  return success;
}

Result cuMemPoolSetAttribute(Handle pool, int attribute, void*) {
  ENTER();
  return find<Pool>(pool) == nullptr || attribute != 4 ? invalidValue : success;
}

Result cuMemPoolTrimTo(Handle handle, std::size_t keptBytes) {
  ENTER();
  Pool* const pool = find<Pool>(handle);
  if (pool == nullptr || keptBytes != 0) return invalidValue;
  pool->kept.clear();
  return success;
}

Result cuMemPoolDestroy(Handle pool) {
  ENTER();
  return destroy<Pool>(pool);
}

Result cuMemAllocFromPoolAsync(Handle* pointer, std::size_t bytes, Handle pool, Handle stream) {
  ENTER();
  if (find<Pool>(pool) == nullptr || find<Stream>(stream) == nullptr) return invalidHandle;
  return allocate(pointer, bytes, false, pool);
}

Result cuMemFreeAsync(Handle pointer, Handle stream) {
  ENTER();
  return enqueue(stream, [=] { return release(pointer, false); });
}

Result cuMemcpyHtoDAsync_v2(Handle to, Handle from, std::size_t bytes, Handle stream) {
  ENTER();
  return copy(to, false, from, true, bytes, stream);
}

Result cuMemcpyDtoHAsync_v2(Handle to, Handle from, std::size_t bytes, Handle stream) {
  ENTER();
  return copy(to, true, from, false, bytes, stream);
}

Result cuMemsetD8Async(Handle to, unsigned char value, std::size_t bytes, Handle stream) {
  ENTER();
  return enqueue(stream, [=] {
    if (!isInside(to, bytes, false)) return invalidValue;
    std::memset(reinterpret_cast<void*>(to), value, bytes);
    return success;
  });
}

}  // extern "C"
