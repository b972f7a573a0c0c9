// What a tile map holds here, where CUDA has its CUtensorMap, of which it says nothing but the size: how a tensor lies in
// memory, and the boxes that are copied of it. Drivers and kernels share this; without standard headers, as kernels are.
#pragma once

struct alignas(64) TwTileMap {
  unsigned long long words[16];
};

// Its dimensions, the fastest first.
struct TwTensor {
  unsigned long long mark;
  const unsigned char* first;
  unsigned rank, elementBytes;
  unsigned long long extents[5];
  // In bytes, of all dimensions but the fastest.
  unsigned long long strides[4];
  unsigned box[5];
};
static_assert(sizeof(TwTensor) <= sizeof(TwTileMap));

inline constexpr unsigned long long tw_tensor_mark = 0x7470614d656c6954;

// The tensor of a map that somebody has made; null for other bytes.
inline const TwTensor* tw_tensor(const void* map) {
  const auto* const tensor = (const TwTensor*)map;
  return tensor->mark == tw_tensor_mark ? tensor : nullptr;
}

// cuTensorMapEncodeTiled, for what is not interleaved and swizzled over 128 bytes: false for what cuda.h says it refuses.
inline bool tw_map_tensor(TwTileMap* map, int type, unsigned rank, const void* first, const unsigned long long* extents,
                          const unsigned long long* strides, const unsigned* box) {
  // By CUtensorMapDataType, without the packed types.
  constexpr unsigned typeBytes[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  if ((unsigned long)map % 64 != 0 || (unsigned long)first % 16 != 0) return false;
  if (type < 0 || type >= (int)(sizeof typeBytes / sizeof *typeBytes) || rank < 1 || rank > 5) return false;
  TwTensor tensor{tw_tensor_mark, (const unsigned char*)first, rank, typeBytes[type], {}, {}, {}};
  for (unsigned d = 0; d < rank; d++) {
    if (extents[d] < 1 || extents[d] > 1ull << 32 || box[d] < 1 || box[d] > 256) return false;
    if (d > 0 && (strides[d - 1] % 16 != 0 || strides[d - 1] >= 1ull << 40)) return false;
    tensor.extents[d] = extents[d];
    tensor.box[d] = box[d];
    if (d > 0) tensor.strides[d - 1] = strides[d - 1];
  }
  const unsigned lineBytes = box[0] * tensor.elementBytes;
  if (lineBytes % 16 != 0 || lineBytes > 128) return false;
  __builtin_memcpy(map->words, &tensor, sizeof tensor);
  return true;
}
