// Functions of CUDA's library that printed sources call: conversions and atomics with CUDA's meaning at the edges; the
// functions of f32 are those of the C library.
#pragma once

extern "C" {
float expf(float) noexcept;
float logf(float) noexcept;
float sqrtf(float) noexcept;
float erff(float) noexcept;
float floorf(float) noexcept;
float ceilf(float) noexcept;
float rintf(float) noexcept;
float sinf(float) noexcept;
float cosf(float) noexcept;
float tanf(float) noexcept;
float asinf(float) noexcept;
float acosf(float) noexcept;
float atanf(float) noexcept;
float sinhf(float) noexcept;
float coshf(float) noexcept;
float tanhf(float) noexcept;
float asinhf(float) noexcept;
float acoshf(float) noexcept;
float atanhf(float) noexcept;
float fabsf(float) noexcept;
float powf(float, float) noexcept;
float fminf(float, float) noexcept;
float fmaxf(float, float) noexcept;
float fmaf(float, float, float) noexcept;
}

// Of the minimum by -1 too, on which processors trap.
inline int tw_divide(int left, int right) { return right == -1 ? (int)(0u - (unsigned)left) : left / right; }
inline int tw_remainder(int left, int right) { return right == -1 ? 0 : left % right; }

// By a size with this reciprocal: the steps of a GPU, not a division, so that what the host computed is put to the test.
inline int tw_divide_by_size(int n, int multiplier, int shift) {
  const int high = (int)((long long)n * multiplier >> 32);
  const int floor = (int)((unsigned)high + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
inline int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}

inline int abs(int value) { return value < 0 ? -value : value; }
inline int min(int a, int b) { return b < a ? b : a; }
inline int max(int a, int b) { return a < b ? b : a; }
inline unsigned min(unsigned a, unsigned b) { return b < a ? b : a; }
inline unsigned max(unsigned a, unsigned b) { return a < b ? b : a; }
inline unsigned min(int a, unsigned b) { return min((unsigned)a, b); }
inline unsigned max(int a, unsigned b) { return max((unsigned)a, b); }
inline unsigned min(unsigned a, int b) { return min(a, (unsigned)b); }
inline unsigned max(unsigned a, int b) { return max(a, (unsigned)b); }

// NaN becomes 0; what an int cannot hold, the nearest that it can.
inline int __float2int_rz(float value) {
  if (!(value == value)) return 0;
  if (value >= 0x1p31f) return 0x7fffffff;
  if (value < -0x1p31f) return -0x7fffffff - 1;
  return (int)value;
}
inline unsigned __float2uint_rz(float value) {
  if (!(value > 0)) return 0;
  if (value >= 0x1p32f) return 0xffffffffu;
  return (unsigned)value;
}

inline float __int_as_float(int bits) { return __builtin_bit_cast(float, bits); }
inline float __uint_as_float(unsigned bits) { return __builtin_bit_cast(float, bits); }
inline int __float_as_int(float value) { return __builtin_bit_cast(int, value); }
inline unsigned __float_as_uint(float value) { return __builtin_bit_cast(unsigned, value); }

// Each gives what was there before. Blocks run on several OS threads.
inline int atomicAdd(int* at, int value) {
  return (int)__atomic_fetch_add((unsigned*)at, (unsigned)value, __ATOMIC_RELAXED);
}
inline unsigned atomicAdd(unsigned* at, unsigned value) { return __atomic_fetch_add(at, value, __ATOMIC_RELAXED); }

template <typename Number, typename Choose>
inline Number tw_atomic_choose(Number* at, Number value, Choose choose) {
  Number before = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(at, &before, choose(before, value), true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
  return before;
}
#define TW_ATOMIC(name, choose, type)           \
  inline type name(type* at, type value) {      \
    return tw_atomic_choose(at, value, [](type a, type b) { return choose(a, b); }); \
  }
TW_ATOMIC(atomicMin, min, int)
TW_ATOMIC(atomicMax, max, int)
TW_ATOMIC(atomicMin, min, unsigned)
TW_ATOMIC(atomicMax, max, unsigned)
#undef TW_ATOMIC
