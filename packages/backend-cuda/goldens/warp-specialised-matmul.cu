#ifdef __CUDACC__
static __device__ __forceinline__ void tw_copy_async_4(void* to, const void* from, bool inside) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 4 : 0) : "memory");
}
static __device__ __forceinline__ void tw_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> __device__ __forceinline__ void tw_copy_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(pending) : "memory");
}
static __device__ __forceinline__ int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
static __device__ __forceinline__ void tw_mbarrier_arrive(unsigned long long* slot) {
  asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" :: "r"((unsigned)__cvta_generic_to_shared(slot)) : "memory");
}
static __device__ __forceinline__ void tw_mbarrier_init(unsigned long long* slot, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(arrivals) : "memory");
}
static __device__ __forceinline__ void tw_mbarrier_wait(unsigned long long* slot, int parity) {
#if __CUDA_ARCH__ >= 900
#define TW_MBARRIER_TRY "try_wait"
#else
#define TW_MBARRIER_TRY "test_wait"
#endif
  asm volatile("{ .reg .pred p; again: mbarrier." TW_MBARRIER_TRY ".parity.shared.b64 p, [%0], %1; @!p bra again; }"
               :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(parity) : "memory");
#undef TW_MBARRIER_TRY
}
static __device__ __forceinline__ int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}
#endif

extern "C" __global__ void __launch_bounds__(96) main_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int subgroup = threadIdx.x / 32;
  const int thread = threadIdx.x;
  __shared__ __align__(16) float tile_a[128];
  __shared__ __align__(16) float tile_b[128];
  __shared__ unsigned long long full[2];
  if (threadIdx.x == 0) {
    for (int slot = 0; slot < 2; slot++) {
      tw_mbarrier_init(&full[slot], 32);
    }
  }
  __syncthreads();
  __shared__ unsigned long long empty[2];
  if (threadIdx.x == 0) {
    for (int slot = 0; slot < 2; slot++) {
      tw_mbarrier_init(&empty[slot], 64);
    }
  }
  __syncthreads();
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    const int row = tw_divide_by_size(position, s1, s2) * 16;
    const int column = tw_remainder_by_size(position, s3, s1, s2) * 16;
    if (subgroup == 0) {
      const bool inside = thread < 32;
      const int thread_mod_4 = thread & 3;
      const int thread_div_16 = thread >> 4;
      const int t = row + (thread >> 2);
      const int b_base = column + (thread & 15);
      const bool inside_1 = b_base < s4;
      for (int step = 0; step < s5; step++) {
        const int slot = step & 1;
        tw_mbarrier_wait(&empty[slot], 1 - ((step >> 1) & 1));
        if (inside) {
          const int from = step * 4;
          const int a_base = thread_mod_4 + from;
          const int tile_b_base = thread + slot * 64;
          const bool inside_2 = a_base < s6;
          for (int r = 0; r < 2; r++) {
            const int t_1 = t + r * 8;
            tw_copy_async_4(&tile_a[tile_b_base + r * 32], &a[a_base + t_1 * s6], inside_2 && t_1 < s7);
          }
          const int t_1 = thread_div_16 + from;
          for (int r = 0; r < 2; r++) {
            const int t_2 = t_1 + r * 2;
            tw_copy_async_4(&tile_b[tile_b_base + r * 32], &b[b_base + t_2 * s4], inside_1 && t_2 < s6);
          }
        }
        tw_copy_commit();
        tw_copy_wait<0>();
        tw_mbarrier_arrive(&full[slot]);
      }
    } else {
      float sums[4];
      for (int r = 0; r < 2; r++) {
        const int t = r * 2;
        for (int r_1 = 0; r_1 < 2; r_1++) {
          sums[t + r_1] = 0.0f;
        }
      }
      const int consumer = thread - 32;
      const bool inside = -1 < consumer;
      const int t = consumer / 8;
      const int t_1 = t * 8;
      const int t_2 = consumer % 8 * 2;
      for (int step = 0; step < s5; step++) {
        const int slot = step & 1;
        tw_mbarrier_wait(&full[slot], (step >> 1) & 1);
        if (inside) {
          const int t_3 = slot * 64;
          const int tile_a_base = t_1 + t_3;
          const int tile_b_base = t_2 + t_3;
          for (int k = 0; k < 4; k++) {
            const int tile_a_base_1 = tile_a_base + k;
            const int tile_b_base_1 = tile_b_base + k * 16;
            for (int r = 0; r < 2; r++) {
              const int t_4 = r * 2;
              const int tile_a_base_2 = tile_a_base_1 + r * 4;
              for (int r_1 = 0; r_1 < 2; r_1++) {
                const int sums_base = t_4 + r_1;
                sums[sums_base] = sums[sums_base] + tile_a[tile_a_base_2] * tile_b[tile_b_base_1 + r_1];
              }
            }
          }
        }
        tw_mbarrier_arrive(&empty[slot]);
      }
      if (inside) {
        const int t_3 = row + t * 2;
        const int c_base = column + t_2;
        for (int r = 0; r < 2; r++) {
          const int t_4 = r * 2;
          const int t_5 = t_3 + r;
          const bool inside_1 = t_5 < s7;
          const int c_base_1 = c_base + t_5 * s4;
          for (int r_1 = 0; r_1 < 2; r_1++) {
            if (inside_1 && c_base + r_1 < s4) {
              c[c_base_1 + r_1] = sums[t_4 + r_1];
            }
          }
        }
      }
    }
  }
}
