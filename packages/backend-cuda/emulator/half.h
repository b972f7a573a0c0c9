// Halves as bits. Conversions to them round to the nearest, ties to even.
#pragma once

// Exact. The compiler's own conversion is a call on processors of which it knows nothing.
inline float tw_half_to_float(unsigned short bits) {
  const unsigned sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return __builtin_bit_cast(float, sign | 0x7f800000u | magnitude << 13);
  // Exponents of f32 are biased by 112 more; this holds for subnormals too, of which most are none in f32.
  return __builtin_bit_cast(float, sign | __builtin_bit_cast(unsigned, __builtin_bit_cast(float, magnitude << 13) * 0x1p112f));
}
inline unsigned short tw_float_to_half(float value) { return __builtin_bit_cast(unsigned short, (_Float16)value); }

inline float tw_bfloat_to_float(unsigned short bits) { return __builtin_bit_cast(float, (unsigned)bits << 16); }
inline unsigned short tw_float_to_bfloat(float value) {
  if (value != value) return 0x7fff;
  const unsigned bits = __builtin_bit_cast(unsigned, value);
  return (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
