#include <cuda_fp16.h>

#ifdef __CUDACC__
#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif

extern "C" __global__ void __launch_bounds__(4) main_kernel(float* __restrict__ c) {
  TW_DYNAMIC_SHARED(shared_memory);
  const int thread = threadIdx.x;
  __half* const first = reinterpret_cast<__half*>(shared_memory + 0);
  float* const second = reinterpret_cast<float*>(shared_memory + 16);
  first[0] = __float2half_rn(1.0f);
  second[thread] = __half2float(first[0]);
  c[thread] = second[thread];
}
