#ifdef __CUDACC__
static __device__ __forceinline__ int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
static __device__ __forceinline__ int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}
#endif

extern "C" __global__ void __launch_bounds__(64) main_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int thread = threadIdx.x;
  __shared__ __align__(16) float tile_a[256];
  __shared__ __align__(16) float tile_b[256];
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    float sums_0 = 0.0f;
    float sums_1 = 0.0f;
    float sums_2 = 0.0f;
    float sums_3 = 0.0f;
    float sums_4 = 0.0f;
    float sums_5 = 0.0f;
    float sums_6 = 0.0f;
    float sums_7 = 0.0f;
    float sums_8 = 0.0f;
    float sums_9 = 0.0f;
    float sums_10 = 0.0f;
    float sums_11 = 0.0f;
    float sums_12 = 0.0f;
    float sums_13 = 0.0f;
    float sums_14 = 0.0f;
    float sums_15 = 0.0f;
    const int thread_mod_8 = thread & 7;
    const int thread_div_8 = thread >> 3;
    const int t = thread_div_8 * 32;
    const int t_1 = thread_mod_8 * 4;
    const int tile_b_base = t + thread_mod_8;
    const int row = tw_divide_by_size(position, s1, s2) * 32;
    const int column = tw_remainder_by_size(position, s3, s1, s2) * 32;
    const int t_2 = row + thread_div_8;
    const int b_base = column + thread_mod_8;
    for (int k0 = 0; k0 < s4; k0++) {
      const int t_3 = k0 * 8;
      const int a_base = thread_mod_8 + t_3;
      const bool inside = a_base < s5;
      for (int r = 0; r < 4; r++) {
        const int t_4 = t_2 + r * 8;
        tile_a[thread + r * 64] = (inside && t_4 < s6 ? a[a_base + t_4 * s5] : 0.0f);
      }
      const int t_4 = thread_div_8 + t_3;
      const bool inside_1 = t_4 < s5;
      const int b_base_1 = b_base + t_4 * s7;
      for (int r = 0; r < 4; r++) {
        const int t_5 = r * 8;
        tile_b[tile_b_base + t_5] = (inside_1 && b_base + t_5 < s7 ? b[b_base_1 + t_5] : 0.0f);
      }
      __syncthreads();
      for (int k = 0; k < 8; k++) {
        const int tile_a_base = t + k;
        const int tile_b_base_1 = t_1 + k * 32;
        sums_0 = sums_0 + tile_a[tile_a_base] * tile_b[tile_b_base_1];
        const int tile_b_base_2 = tile_b_base_1 + 1;
        sums_1 = sums_1 + tile_a[tile_a_base] * tile_b[tile_b_base_2];
        const int tile_b_base_3 = tile_b_base_1 + 2;
        sums_2 = sums_2 + tile_a[tile_a_base] * tile_b[tile_b_base_3];
        const int tile_b_base_4 = tile_b_base_1 + 3;
        sums_3 = sums_3 + tile_a[tile_a_base] * tile_b[tile_b_base_4];
        const int tile_a_base_1 = tile_a_base + 8;
        sums_4 = sums_4 + tile_a[tile_a_base_1] * tile_b[tile_b_base_1];
        sums_5 = sums_5 + tile_a[tile_a_base_1] * tile_b[tile_b_base_2];
        sums_6 = sums_6 + tile_a[tile_a_base_1] * tile_b[tile_b_base_3];
        sums_7 = sums_7 + tile_a[tile_a_base_1] * tile_b[tile_b_base_4];
        const int tile_a_base_2 = tile_a_base + 16;
        sums_8 = sums_8 + tile_a[tile_a_base_2] * tile_b[tile_b_base_1];
        sums_9 = sums_9 + tile_a[tile_a_base_2] * tile_b[tile_b_base_2];
        sums_10 = sums_10 + tile_a[tile_a_base_2] * tile_b[tile_b_base_3];
        sums_11 = sums_11 + tile_a[tile_a_base_2] * tile_b[tile_b_base_4];
        const int tile_a_base_3 = tile_a_base + 24;
        sums_12 = sums_12 + tile_a[tile_a_base_3] * tile_b[tile_b_base_1];
        sums_13 = sums_13 + tile_a[tile_a_base_3] * tile_b[tile_b_base_2];
        sums_14 = sums_14 + tile_a[tile_a_base_3] * tile_b[tile_b_base_3];
        sums_15 = sums_15 + tile_a[tile_a_base_3] * tile_b[tile_b_base_4];
      }
      __syncthreads();
    }
    const int t_3 = row + thread_div_8 * 4;
    const int c_base = column + t_1;
    const bool inside = c_base < s7;
    if (t_3 < s6 && inside) {
      *reinterpret_cast<float4*>(&c[c_base + t_3 * s7]) = make_float4(sums_0, sums_1, sums_2, sums_3);
    }
    const int t_4 = t_3 + 1;
    if (t_4 < s6 && inside) {
      *reinterpret_cast<float4*>(&c[c_base + t_4 * s7]) = make_float4(sums_4, sums_5, sums_6, sums_7);
    }
    const int t_5 = t_3 + 2;
    if (t_5 < s6 && inside) {
      *reinterpret_cast<float4*>(&c[c_base + t_5 * s7]) = make_float4(sums_8, sums_9, sums_10, sums_11);
    }
    const int t_6 = t_3 + 3;
    if (t_6 < s6 && inside) {
      *reinterpret_cast<float4*>(&c[c_base + t_6 * s7]) = make_float4(sums_12, sums_13, sums_14, sums_15);
    }
  }
}
