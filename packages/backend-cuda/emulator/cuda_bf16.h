#pragma once
#include "half.h"

struct __nv_bfloat16 {
  unsigned short bits;
};

inline float __bfloat162float(__nv_bfloat16 value) { return tw_bfloat_to_float(value.bits); }
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return {tw_float_to_bfloat(value)}; }
