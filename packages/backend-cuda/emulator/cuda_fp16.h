#pragma once
#include "half.h"

struct __half {
  unsigned short bits;
};
typedef __half half;

inline float __half2float(__half value) { return tw_half_to_float(value.bits); }
inline __half __float2half_rn(float value) { return {tw_float_to_half(value)}; }
