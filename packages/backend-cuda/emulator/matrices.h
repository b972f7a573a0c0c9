// ldmatrix and mma.sync, with the register maps of the PTX ISA. A warp multiplies at once: the last of its lanes
// takes the operands of all, and gives each its part of the result. Sums are f32, in the order of k; what a GPU adds in
// which order, and how it rounds in between, is not documented.
#pragma once
#include "half.h"

struct TwLoadMatrices {
  unsigned* to;
  const void* row;
};

// Lane 8i + r gives row r of matrix i: 8 elements of 16 bits. Register i of lane l gets elements 2(l % 4) and the next of
// row l / 4 of matrix i, or of its transpose.
template <int count, bool transposed>
static void tw_load_rows(void* const* operands, unsigned lanes) {
  if (lanes != 0xffffffffu) tw_fail("ldmatrix without all 32 lanes");
  for (int i = 0; i < count; i++) {
    const unsigned short* rows[8];
    for (int r = 0; r < 8; r++) {
      const void* row = ((const TwLoadMatrices*)operands[8 * i + r])->row;
      if ((unsigned long)row % 16 != 0) tw_fail("a row for ldmatrix that is not aligned to 16 bytes");
      if (!tw_is_shared(row, 16)) tw_fail("a row for ldmatrix that is not in shared memory");
      rows[r] = (const unsigned short*)row;
    }
    for (int lane = 0; lane < 32; lane++) {
      const int row = lane / 4, column = lane % 4 * 2;
      const unsigned low = transposed ? rows[column][row] : rows[row][column];
      const unsigned high = transposed ? rows[column + 1][row] : rows[row][column + 1];
      ((const TwLoadMatrices*)operands[lane])->to[i] = low | high << 16;
    }
  }
}
template <int count, bool transposed>
inline void tw_load_matrices(unsigned* to, const void* row) {
  TwLoadMatrices operands{to, row};
  tw_meet(0xffffffffu, tw_load_rows<count, transposed>, &operands);
}
inline void tw_load_matrices_1(unsigned* to, const void* row) { tw_load_matrices<1, false>(to, row); }
inline void tw_load_matrices_2(unsigned* to, const void* row) { tw_load_matrices<2, false>(to, row); }
inline void tw_load_matrices_4(unsigned* to, const void* row) { tw_load_matrices<4, false>(to, row); }
inline void tw_load_matrices_1_transposed(unsigned* to, const void* row) { tw_load_matrices<1, true>(to, row); }
inline void tw_load_matrices_2_transposed(unsigned* to, const void* row) { tw_load_matrices<2, true>(to, row); }
inline void tw_load_matrices_4_transposed(unsigned* to, const void* row) { tw_load_matrices<4, true>(to, row); }

template <typename Number>
struct TwMultiply {
  Number* d;
  const unsigned *a, *b;
};

// How a register holds elements, from its low bits on.
struct TwHalfWord {
  static constexpr int elements = 2;
  static float at(unsigned word, int i) { return tw_half_to_float((unsigned short)(word >> 16 * i)); }
};
struct TwBfloatWord {
  static constexpr int elements = 2;
  static float at(unsigned word, int i) { return tw_bfloat_to_float((unsigned short)(word >> 16 * i)); }
};
// An f32 that is rounded: to 10 bits of mantissa, the nearest, ties away from zero.
struct TwTf32Word {
  static constexpr int elements = 1;
  static float at(unsigned word, int) {
    const bool isNumber = (word & 0x7f800000u) != 0x7f800000u;
    return __builtin_bit_cast(float, isNumber ? (word + 0x1000u) & ~0x1fffu : word);
  }
};
template <typename Byte>
struct TwByteWord {
  static constexpr int elements = 4;
  static int at(unsigned word, int i) { return (Byte)(word >> 8 * i); }
};

// D (16 x 8) += A (16 x 8e) B (8e x 8), where a register holds e elements of neighbouring columns of A, or rows of B. For
// lane l: registers 0 and 1 of A hold rows l / 4 and 8 below of columns e(l % 4) and on, registers 2 and 3 the same of the
// right half; those of B hold column l / 4 of rows e(l % 4) and on, of the upper and the lower half; D has two neighbouring
// columns, 2(l % 4) and the next, of row l / 4, then 8 below.
template <typename WordA, typename WordB, typename Number>
static void tw_multiply_tiles(void* const* operands, unsigned lanes) {
  if (lanes != 0xffffffffu) tw_fail("mma without all 32 lanes");
  constexpr int e = WordA::elements, depth = 8 * e;
  // A row of 8: the compiler multiplies several at once.
  typedef Number Row __attribute__((vector_size(8 * sizeof(Number))));
  Number a[16][depth];
  Row b[depth], d[16];
  for (int lane = 0; lane < 32; lane++) {
    const auto& own = *(const TwMultiply<Number>*)operands[lane];
    const int group = lane / 4, first = lane % 4 * e;
    for (int i = 0; i < e; i++) {
      a[group][first + i] = WordA::at(own.a[0], i);
      a[group + 8][first + i] = WordA::at(own.a[1], i);
      a[group][first + 4 * e + i] = WordA::at(own.a[2], i);
      a[group + 8][first + 4 * e + i] = WordA::at(own.a[3], i);
      b[first + i][group] = WordB::at(own.b[0], i);
      b[first + 4 * e + i][group] = WordB::at(own.b[1], i);
    }
    for (int i = 0; i < 4; i++) d[group + i / 2 * 8][lane % 4 * 2 + i % 2] = own.d[i];
  }
  for (int row = 0; row < 16; row++) {
    Row sum = d[row];
    for (int k = 0; k < depth; k++) sum += a[row][k] * b[k];
    d[row] = sum;
  }
  for (int lane = 0; lane < 32; lane++) {
    const auto& own = *(const TwMultiply<Number>*)operands[lane];
    for (int i = 0; i < 4; i++) own.d[i] = d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
  }
}
template <typename WordA, typename WordB = WordA, typename Number>
inline void tw_multiply(Number* d, const unsigned* a, const unsigned* b) {
  TwMultiply<Number> operands{d, a, b};
  tw_meet(0xffffffffu, tw_multiply_tiles<WordA, WordB, Number>, &operands);
}
inline void tw_multiply_m16n8k16_f16(float* d, const unsigned* a, const unsigned* b) { tw_multiply<TwHalfWord>(d, a, b); }
inline void tw_multiply_m16n8k16_bf16(float* d, const unsigned* a, const unsigned* b) {
  tw_multiply<TwBfloatWord>(d, a, b);
}
inline void tw_multiply_m16n8k8_tf32(float* d, const unsigned* a, const unsigned* b) { tw_multiply<TwTf32Word>(d, a, b); }
using TwSignedWord = TwByteWord<signed char>;
using TwUnsignedWord = TwByteWord<unsigned char>;
inline void tw_multiply_m16n8k32_s8_s8(int* d, const unsigned* a, const unsigned* b) {
  tw_multiply<TwSignedWord>(d, a, b);
}
inline void tw_multiply_m16n8k32_s8_u8(int* d, const unsigned* a, const unsigned* b) {
  tw_multiply<TwSignedWord, TwUnsignedWord>(d, a, b);
}
inline void tw_multiply_m16n8k32_u8_s8(int* d, const unsigned* a, const unsigned* b) {
  tw_multiply<TwUnsignedWord, TwSignedWord>(d, a, b);
}
inline void tw_multiply_m16n8k32_u8_u8(int* d, const unsigned* a, const unsigned* b) {
  tw_multiply<TwUnsignedWord>(d, a, b);
}
