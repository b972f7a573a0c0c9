extern "C" __global__ void __launch_bounds__(4) main_kernel(int* __restrict__ int_1, float* __restrict__ float_1, unsigned int* __restrict__ words, signed char* __restrict__ bytes, unsigned char* __restrict__ small, bool* __restrict__ flags) {
  const int i = int_1[0];
  const float f = float_1[0];
  const unsigned int w = (unsigned int)small[0];
  const bool b = flags[0];
  int_1[i] = __float2int_rz(f);
  words[i] = __float2uint_rz(f);
  words[i] = (unsigned int)i >> (w & 31);
  int_1[i] = min((-2147483647 - 1), (int)b);
  float_1[i] = (b ? fminf((float)w, f) : __int_as_float(0x7fc00000));
  bytes[i] = (signed char)(bytes[i] ^ 3);
  small[i] = (unsigned char)(w * 100u);
  flags[i] = f != 0;
  int_1[i] = __float_as_int(f);
  float_1[i] = __uint_as_float(w);
  atomicAdd(&words[1], w);
}
