// cp.async.bulk.tensor: a box of a tensor, copied to shared memory by one thread. It lands when it is issued.
#pragma once
#include "tensor.h"

inline void tw_check_mbarrier(const unsigned long long* slot) {
  if (!tw_is_shared(slot, 8)) tw_fail("an mbarrier in memory that is not shared");
  if ((unsigned long)slot % 8 != 0) tw_fail("an mbarrier that is not aligned to 8 bytes");
}

// One line of a box, `start` bytes from the first of a line of the tensor of `bytes`; null: a line outside of it. Chunks of
// 16 bytes are swizzled over 128: bits 4 to 6 of an address are those of the chunk, 7 to 9 those of the line, modulo 8.
inline void tw_copy_line(unsigned char* to, const unsigned char* from, long long start, long long bytes) {
  for (int chunk = 0; chunk < 8; chunk++) {
    auto* const place = (unsigned char*)((unsigned long)to + (16 * chunk ^ ((unsigned long)to >> 7 & 7) << 4));
    const long long at = start + 16 * chunk;
    if (from != nullptr && at >= 0 && at + 16 <= bytes) {
      __builtin_memcpy(place, from + at, 16);
      continue;
    }
    for (int i = 0; i < 16; i++) place[i] = from != nullptr && at + i >= 0 && at + i < bytes ? from[at + i] : 0;
  }
}

// `at`: where the box begins, by dimension, the fastest first. Gives its bytes.
inline int tw_copy_box(unsigned char* to, const TwTileMap* map, unsigned rank, const int* at) {
  const TwTensor* const tensor = tw_tensor(map);
  if (tensor == nullptr) tw_fail("a tile map that no driver has made");
  if (tensor->rank != rank) tw_fail("a box of other dimensions than its tensor");
  if (tensor->box[0] * tensor->elementBytes != 128) tw_fail("a box of lines other than of 128 bytes");
  if ((unsigned long)to % 1024 != 0) tw_fail("a box for memory that is not aligned to 1024 bytes");
  unsigned long lines = 1;
  for (unsigned d = 1; d < rank; d++) lines *= tensor->box[d];
  // No block has more than 256 KiB.
  if (lines > 2048 || !tw_is_shared(to, 128 * (unsigned)lines)) tw_fail("a box that does not lie in shared memory");
  for (unsigned line = 0; line < lines; line++) {
    const unsigned char* from = tensor->first;
    unsigned rest = line;
    for (unsigned d = 1; d < rank; d++) {
      const long long place = at[d] + (long long)(rest % tensor->box[d]);
      rest /= tensor->box[d];
      if (place < 0 || place >= (long long)tensor->extents[d]) from = nullptr;
      if (from != nullptr) from += place * (long long)tensor->strides[d - 1];
    }
    tw_copy_line(to + 128 * line, from, (long long)at[0] * tensor->elementBytes,
                 (long long)(tensor->extents[0] * tensor->elementBytes));
  }
  return 128 * (int)lines;
}

template <typename... Coordinates>
inline void tw_copy_tile(void* to, const TwTileMap* map, unsigned long long* slot, Coordinates... coordinates) {
  static_assert(sizeof...(Coordinates) >= 2 && sizeof...(Coordinates) <= 5);
  tw_check_mbarrier(slot);
  const int at[] = {(int)coordinates...};
  tw_expect_bytes(slot, -tw_copy_box((unsigned char*)to, map, sizeof...(Coordinates), at));
}

// To the blocks of the cluster that the mask has.
template <typename... Coordinates>
inline void tw_multicast_tile(void* to, const TwTileMap* map, unsigned long long* slot, unsigned short blocks,
                              Coordinates... coordinates) {
  for (unsigned rank = 0; blocks >> rank != 0; rank++) {
    if ((blocks >> rank & 1) == 0) continue;
    tw_copy_tile(tw_in_block(to, rank), map, (unsigned long long*)tw_in_block(slot, rank), coordinates...);
  }
}

inline void tw_show_mbarriers() {}
inline void tw_expect_tile(unsigned long long* slot, unsigned bytes) {
  tw_check_mbarrier(slot);
  tw_expect_bytes(slot, (int)bytes);
}
