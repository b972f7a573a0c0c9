#include <cuda_fp16.h>

#ifdef __CUDACC__
static __device__ __forceinline__ int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
static __device__ __forceinline__ void tw_multiply_m16n8k16_f16(float* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
static __device__ __forceinline__ int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}
#endif

extern "C" __global__ void __launch_bounds__(32, 1) main_kernel(const __half* __restrict__ a, const __half* __restrict__ b, float* __restrict__ c, int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7) {
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) __half tile_a[256];
  __shared__ __align__(16) __half tile_b[128];
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    __align__(16) __half fragment_a[8];
    __align__(16) __half fragment_b[4];
    float fragment_d[4];
    for (int r = 0; r < 2; r++) {
      const int t = r * 2;
      for (int r_1 = 0; r_1 < 2; r_1++) {
        fragment_d[t + r_1] = 0.0f;
      }
    }
    const int lane_mod_16 = lane & 15;
    const int lane_div_8 = lane >> 3;
    const int lane_div_4 = lane >> 2;
    const int lane_mod_4 = lane & 3;
    const int t = lane_mod_4 * 2;
    const int tile_a_base = lane_div_4 * 16 + t;
    const int tile_b_base = lane_mod_4 * 16 + lane_div_4;
    const int row = tw_divide_by_size(position, s1, s2) * 16;
    const int column = tw_remainder_by_size(position, s3, s1, s2) * 8;
    const int t_1 = row + (lane >> 4);
    const int b_base = column + (lane & 7);
    const bool inside = b_base < s4;
    for (int step = 0; step < s5; step++) {
      const int from = step * 16;
      const int a_base = lane_mod_16 + from;
      const bool inside_1 = a_base < s6;
      for (int r = 0; r < 8; r++) {
        const int t_2 = t_1 + r * 2;
        tile_a[lane + r * 32] = __float2half_rn((inside_1 && t_2 < s7 ? __half2float(a[a_base + t_2 * s6]) : 0.0f));
      }
      const int t_2 = lane_div_8 + from;
      for (int r = 0; r < 4; r++) {
        const int t_3 = t_2 + r * 4;
        tile_b[lane + r * 32] = __float2half_rn((inside && t_3 < s6 ? __half2float(b[b_base + t_3 * s4]) : 0.0f));
      }
      __syncwarp();
      for (int r = 0; r < 2; r++) {
        const int t_3 = r * 4;
        const int tile_a_base_1 = tile_a_base + r * 8;
        for (int r_1 = 0; r_1 < 2; r_1++) {
          const int fragment_a_base = t_3 + r_1 * 2;
          const int tile_a_base_2 = tile_a_base_1 + r_1 * 128;
          for (int r_2 = 0; r_2 < 2; r_2++) {
            fragment_a[fragment_a_base + r_2] = __float2half_rn(__half2float(tile_a[tile_a_base_2 + r_2]));
          }
        }
      }
      for (int r = 0; r < 2; r++) {
        const int t_3 = r * 2;
        const int tile_b_base_1 = tile_b_base + r * 64;
        for (int r_1 = 0; r_1 < 2; r_1++) {
          fragment_b[t_3 + r_1] = __float2half_rn(__half2float(tile_b[tile_b_base_1 + r_1 * 8]));
        }
      }
      tw_multiply_m16n8k16_f16(fragment_d, reinterpret_cast<unsigned*>(fragment_a), reinterpret_cast<unsigned*>(fragment_b));
      __syncwarp();
    }
    const int t_2 = row + lane_div_4;
    const int c_base = column + t;
    for (int r = 0; r < 2; r++) {
      const int t_3 = r * 2;
      const int t_4 = t_2 + r * 8;
      const bool inside_1 = t_4 < s7;
      const int c_base_1 = c_base + t_4 * s4;
      for (int r_1 = 0; r_1 < 2; r_1++) {
        if (inside_1 && c_base + r_1 < s4) {
          c[c_base_1 + r_1] = fragment_d[t_3 + r_1];
        }
      }
    }
  }
}
