// Vector types, aligned as CUDA aligns them.
#pragma once

typedef unsigned int uint;
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef decltype(sizeof(0)) size_t;

#define TW_VECTORS(type, name)                                               \
  struct alignas(2 * sizeof(type)) name##2 {                                 \
    type x, y;                                                               \
  };                                                                         \
  struct name##3 {                                                           \
    type x, y, z;                                                            \
  };                                                                         \
  struct alignas(4 * sizeof(type)) name##4 {                                 \
    type x, y, z, w;                                                         \
  };                                                                         \
  inline name##2 make_##name##2(type x, type y) { return {x, y}; }           \
  inline name##3 make_##name##3(type x, type y, type z) { return {x, y, z}; } \
  inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }

TW_VECTORS(float, float)
TW_VECTORS(int, int)
TW_VECTORS(unsigned, uint)
#undef TW_VECTORS
