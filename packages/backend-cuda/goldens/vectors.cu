#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void __launch_bounds__(4) main_kernel(const float* __restrict__ a, float* __restrict__ c, const __half* __restrict__ h, __half* __restrict__ d, __nv_bfloat16* __restrict__ e) {
  for (int i = 0; i < 16; i++) {
    const float4 a_1 = i < 15 ? *reinterpret_cast<const float4*>(&a[i * 4]) : float4{};
    *reinterpret_cast<float4*>(&c[i * 4]) = make_float4(a_1.w, a_1.z, a_1.y, a_1.x);
    const float h0 = i < 15 ? __half2float(h[i * 2 + 0]) : 0;
    const float h1 = i < 15 ? __half2float(h[i * 2 + 1]) : 0;
    d[i * 2 + 0] = __float2half_rn(h0);
    d[i * 2 + 1] = __float2half_rn(h1);
    const float e_1 = i < 15 ? __bfloat162float(e[i * 2 + 0]) : 0;
    const float rest = i < 15 ? __bfloat162float(e[i * 2 + 1]) : 0;
    e[i * 2 + 0] = __float2bfloat16_rn(e_1);
    e[i * 2 + 1] = __float2bfloat16_rn(e_1);
  }
}
