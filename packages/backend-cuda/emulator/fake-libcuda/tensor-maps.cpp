// Tensor maps: made on the host, passed to kernels as parameters.
#include <algorithm>

#include "driver.h"

bool isInside(const TwTensor& tensor) {
  // Wider than 64 bits, which extents times strides may be.
  unsigned __int128 bytes = tensor.extents[0] * tensor.elementBytes;
  for (unsigned d = 1; d < tensor.rank; d++) {
    bytes += static_cast<unsigned __int128>(tensor.extents[d] - 1) * tensor.strides[d - 1];
  }
  constexpr std::size_t most = std::size_t{1} << 48;
  return bytes <= most && isInside(reinterpret_cast<Handle>(tensor.first), static_cast<std::size_t>(bytes), false);
}

extern "C" {

// Of what the driver takes, emulated kernels know this: no interleaving, swizzled over 128 bytes, zeros outside.
Result cuTensorMapEncodeTiled(TwTileMap* map, int type, unsigned rank, const void* first,
                              const unsigned long long* extents, const unsigned long long* strides, const unsigned* box,
                              const unsigned* elementStrides, int interleave, int swizzle, int promotion, int fill) {
  ENTER();
  if (interleave != 0 || swizzle != 3 || promotion < 0 || promotion > 3 || fill != 0) return invalidValue;
  if (!tw_map_tensor(map, type, rank, first, extents, strides, box)) return invalidValue;
  const bool isDense = std::all_of(elementStrides, elementStrides + rank, [](unsigned stride) { return stride == 1; });
  return isDense ? success : invalidValue;
}

}  // extern "C"
