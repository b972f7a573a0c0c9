#ifdef __CUDACC__
static __device__ __forceinline__ void tw_copy_async_8(void* to, const void* from, bool inside) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 8 : 0) : "memory");
}
static __device__ __forceinline__ void tw_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> __device__ __forceinline__ void tw_copy_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(pending) : "memory");
}
static __device__ __forceinline__ int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
static __device__ __forceinline__ int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}
#endif

extern "C" __global__ void __launch_bounds__(16) main_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int thread = threadIdx.x;
  __shared__ __align__(16) float tile_a[128];
  __shared__ __align__(16) float tile_b[128];
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    float sums[4];
    for (int r = 0; r < 2; r++) {
      const int t = r * 2;
      for (int r_1 = 0; r_1 < 2; r_1++) {
        sums[t + r_1] = 0.0f;
      }
    }
    const int t = thread * 2;
    const int thread_div_4 = thread >> 2;
    const int t_1 = (thread & 3) * 2;
    const bool inside = t_1 < s1;
    const int row = tw_divide_by_size(position, s2, s3) * 8;
    const int t_2 = row + thread_div_4;
    for (int r = 0; r < 2; r++) {
      const int t_3 = t_2 + r * 4;
      tw_copy_async_8(&tile_a[t + r * 32], &a[t_1 + t_3 * s1], inside && t_3 < s4);
    }
    const int c_base = tw_remainder_by_size(position, s5, s2, s3) * 8 + t_1;
    const bool inside_1 = c_base < s6;
    for (int r = 0; r < 2; r++) {
      const int t_3 = r * 4;
      tw_copy_async_8(&tile_b[t + r * 32], &b[c_base + (thread_div_4 + t_3) * s6], inside_1 && t_3 < s1);
    }
    tw_copy_commit();
    const int t_3 = thread_div_4 + 8;
    const int t_4 = thread_div_4 * 16;
    const int a_base = t_1 + 8;
    for (int step = 0; step < s7; step++) {
      tw_copy_wait<0>();
      __syncthreads();
      const int t_5 = step + 1;
      if (t_5 < s7) {
        const int t_6 = step * 8;
        const int tile_b_base = t + (t_5 & 1) * 64;
        const int a_base_1 = a_base + t_6;
        const bool inside_2 = a_base_1 < s1;
        for (int r = 0; r < 2; r++) {
          const int t_7 = t_2 + r * 4;
          tw_copy_async_8(&tile_a[tile_b_base + r * 32], &a[a_base_1 + t_7 * s1], inside_2 && t_7 < s4);
        }
        const int t_7 = t_3 + t_6;
        for (int r = 0; r < 2; r++) {
          const int t_8 = t_7 + r * 4;
          tw_copy_async_8(&tile_b[tile_b_base + r * 32], &b[c_base + t_8 * s6], inside_1 && t_8 < s1);
        }
        tw_copy_commit();
      }
      const int t_6 = (step & 1) * 64;
      const int tile_a_base = t_4 + t_6;
      const int tile_b_base = t_1 + t_6;
      for (int k = 0; k < 8; k++) {
        const int tile_a_base_1 = tile_a_base + k;
        const int tile_b_base_1 = tile_b_base + k * 8;
        for (int r = 0; r < 2; r++) {
          const int t_7 = r * 2;
          const int tile_a_base_2 = tile_a_base_1 + r * 8;
          for (int r_1 = 0; r_1 < 2; r_1++) {
            const int sums_base = t_7 + r_1;
            sums[sums_base] = sums[sums_base] + tile_a[tile_a_base_2] * tile_b[tile_b_base_1 + r_1];
          }
        }
      }
    }
    const int t_5 = row + thread_div_4 * 2;
    for (int r = 0; r < 2; r++) {
      const int t_6 = r * 2;
      const int t_7 = t_5 + r;
      const bool inside_2 = t_7 < s4;
      const int c_base_1 = c_base + t_7 * s6;
      for (int r_1 = 0; r_1 < 2; r_1++) {
        if (inside_2 && c_base + r_1 < s6) {
          c[c_base_1 + r_1] = sums[t_6 + r_1];
        }
      }
    }
  }
}
