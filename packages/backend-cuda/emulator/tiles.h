// wgmma on tiles in shared memory, as descriptors of the PTX ISA describe them. Each thread computes its own part of D at
// once, with what shared memory then holds; sums are f32, in the order of k.
#pragma once
#include "half.h"

// A matrix descriptor: its address counts in 16 bytes.
struct TwLines {
  const unsigned char* at;
  unsigned leading, stride;
  TwLines operator+(unsigned units) const { return {at + 16 * units, leading, stride}; }
};
inline TwLines tw_lines(const void* first, unsigned leading, unsigned stride) {
  if ((unsigned long)first % 1024 != 0) tw_fail("a swizzled tile that is not aligned to 1024 bytes");
  if (leading >> 4 > 0x3fff || stride >> 4 > 0x3fff) tw_fail("strides of a tile that do not fit into its descriptor");
  return {(const unsigned char*)first, leading, stride};
}

// The bits of a half. The 128-byte swizzle: bits 4 to 6 of an address are those of the 16 bytes, 7 to 9 those of the line, modulo 8.
inline unsigned short tw_tile_at(TwLines tile, bool alongOwn, int own, int k) {
  // In lines of 64 elements; those along k hold all 16 of an instruction in one.
  unsigned long at = (unsigned long)tile.at;
  if (alongOwn) at += own / 64 * tile.leading + k / 8 * tile.stride + k % 8 * 128 + own % 64 * 2;
  else at += own / 8 * tile.stride + own % 8 * 128 + k * 2;
  at ^= (at >> 7 & 7) << 4;
  if (!tw_is_shared((const void*)at, 2)) tw_fail("a tile that is not in shared memory");
  return *(const unsigned short*)at;
}

// Of every 8 columns, warp w has rows 16w and on; in it, lane l has rows l / 4 and 8 below, columns 2(l % 4) and the next.
template <int columns, float toFloat(unsigned short), int alongOwnB>
inline void tw_multiply_rows(float* d, const float (&left)[2][16], TwLines b) {
  const int lane = threadIdx.x % 32;
  for (int pair = 0; pair < columns / 4; pair++) {
    const int column = pair / 2 * 8 + lane % 4 * 2 + pair % 2;
    float right[16];
    for (int k = 0; k < 16; k++) right[k] = toFloat(tw_tile_at(b, alongOwnB, column, k));
    for (int half = 0; half < 2; half++) {
      float& sum = d[pair / 2 * 4 + half * 2 + pair % 2];
      for (int k = 0; k < 16; k++) sum += left[half][k] * right[k];
    }
  }
}
template <int columns, float toFloat(unsigned short), int alongOwnA, int alongOwnB>
inline void tw_multiply_tile(float* d, TwLines a, TwLines b) {
  const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
  float left[2][16];
  for (int half = 0; half < 2; half++) {
    for (int k = 0; k < 16; k++) left[half][k] = toFloat(tw_tile_at(a, alongOwnA, 16 * warp + lane / 4 + 8 * half, k));
  }
  tw_multiply_rows<columns, toFloat, alongOwnB>(d, left, b);
}

// Lane l has of A, in its first two registers, columns 2(l % 4) and the next of rows l / 4 and 8 below; in the others, the
// columns 8 further. What other lanes of its four have they say here.
template <int columns, float toFloat(unsigned short), int alongOwnB>
inline void tw_multiply_held(float* d, const unsigned* a, TwLines b) {
  const int lane = threadIdx.x % 32;
  float left[2][16];
  for (int other = 0; other < 4; other++) {
    for (int i = 0; i < 4; i++) {
      const unsigned pair = __shfl_sync(0xffffffffu, a[i], lane / 4 * 4 + other);
      const int k = i / 2 * 8 + 2 * other;
      left[i % 2][k] = toFloat((unsigned short)(pair & 0xffff));
      left[i % 2][k + 1] = toFloat((unsigned short)(pair >> 16));
    }
  }
  tw_multiply_rows<columns, toFloat, alongOwnB>(d, left, b);
}
#define TW_MULTIPLY_TILE(columns)                                                        \
  template <int alongOwnA, int alongOwnB>                                                \
  inline void tw_multiply_m64n##columns##k16_f16(float* d, TwLines a, TwLines b) {       \
    tw_multiply_tile<columns, tw_half_to_float, alongOwnA, alongOwnB>(d, a, b);          \
  }                                                                                      \
  template <int alongOwnA, int alongOwnB>                                                \
  inline void tw_multiply_m64n##columns##k16_bf16(float* d, TwLines a, TwLines b) {      \
    tw_multiply_tile<columns, tw_bfloat_to_float, alongOwnA, alongOwnB>(d, a, b);        \
  }                                                                                      \
  template <int alongOwnB>                                                               \
  inline void tw_multiply_held_m64n##columns##k16_f16(float* d, const unsigned* a, TwLines b) {  \
    tw_multiply_held<columns, tw_half_to_float, alongOwnB>(d, a, b);                     \
  }                                                                                      \
  template <int alongOwnB>                                                               \
  inline void tw_multiply_held_m64n##columns##k16_bf16(float* d, const unsigned* a, TwLines b) { \
    tw_multiply_held<columns, tw_bfloat_to_float, alongOwnB>(d, a, b);                   \
  }
TW_MULTIPLY_TILE(64)
TW_MULTIPLY_TILE(128)
TW_MULTIPLY_TILE(192)
TW_MULTIPLY_TILE(256)
#undef TW_MULTIPLY_TILE

inline void tw_multiply_begin() {}
inline void tw_multiply_commit() {}
template <int pending>
inline void tw_multiply_wait() {}
template <int count>
inline void tw_settle(float (&)[count]) {}
template <int count>
inline void tw_settle_words(unsigned*) {}
inline void tw_show_tiles() {}
