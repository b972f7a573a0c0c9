#include <cuda_fp16.h>

#ifdef __CUDACC__
static __device__ __forceinline__ void tw_copy_async_16(void* to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0) : "memory");
}
static __device__ __forceinline__ void tw_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> __device__ __forceinline__ void tw_copy_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(pending) : "memory");
}
static __device__ __forceinline__ int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}
static __device__ __forceinline__ void tw_load_matrices_4(unsigned* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
static __device__ __forceinline__ void tw_load_matrices_4_transposed(unsigned* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
static __device__ __forceinline__ void tw_multiply_m16n8k16_f16(float* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
static __device__ __forceinline__ int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}
#endif

extern "C" __global__ void __launch_bounds__(128, 1) main_kernel(const __half* __restrict__ a, const __half* __restrict__ b, __half* __restrict__ c, int s0, int s1, int s2, int s3, int s4, int s5, int s6, int s7, int s8, int s9, int s10, int s11, int s12) {
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int thread = threadIdx.x;
  const int subgroup = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) __half tileA[7680];
  __shared__ __align__(16) __half tileB[6912];
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    float sums[4];
    float sums_1[4];
    float sums_2[4];
    float sums_3[4];
    float sums_4[4];
    float sums_5[4];
    float sums_6[4];
    float sums_7[4];
    sums[0] = 0.0f;
    sums[1] = 0.0f;
    sums[2] = 0.0f;
    sums[3] = 0.0f;
    sums_1[0] = 0.0f;
    sums_1[1] = 0.0f;
    sums_1[2] = 0.0f;
    sums_1[3] = 0.0f;
    sums_2[0] = 0.0f;
    sums_2[1] = 0.0f;
    sums_2[2] = 0.0f;
    sums_2[3] = 0.0f;
    sums_3[0] = 0.0f;
    sums_3[1] = 0.0f;
    sums_3[2] = 0.0f;
    sums_3[3] = 0.0f;
    sums_4[0] = 0.0f;
    sums_4[1] = 0.0f;
    sums_4[2] = 0.0f;
    sums_4[3] = 0.0f;
    sums_5[0] = 0.0f;
    sums_5[1] = 0.0f;
    sums_5[2] = 0.0f;
    sums_5[3] = 0.0f;
    sums_6[0] = 0.0f;
    sums_6[1] = 0.0f;
    sums_6[2] = 0.0f;
    sums_6[3] = 0.0f;
    sums_7[0] = 0.0f;
    sums_7[1] = 0.0f;
    sums_7[2] = 0.0f;
    sums_7[3] = 0.0f;
    const int thread_div_4 = thread >> 2;
    const int t = s1 - 1;
    const int t_1 = (thread & 3) * 8;
    const int tileA_base = thread_div_4 * 40 + t_1;
    const bool inside = t_1 < s2;
    const int t_2 = tw_divide_by_size(position, s3, s4) * 64;
    const int t_3 = t_2 + thread_div_4;
    const int t_4 = min(t_3, t);
    const int a_base = t_1 + tw_divide_by_size(t_4, s5, s6) * s7 + tw_remainder_by_size(t_4, s8, s5, s6) * s2;
    tw_copy_async_16(&tileA[tileA_base], &a[a_base], inside);
    const int t_5 = min(t_3 + 32, t);
    const int a_base_1 = t_1 + tw_divide_by_size(t_5, s5, s6) * s7 + tw_remainder_by_size(t_5, s8, s5, s6) * s2;
    tw_copy_async_16(&tileA[tileA_base + 1280], &a[a_base_1], inside);
    const int thread_div_8 = thread >> 3;
    const int t_6 = (thread & 7) * 8;
    const int tileB_base = thread_div_8 * 72 + t_6;
    const int t_7 = tw_remainder_by_size(position, s9, s3, s4) * 64;
    const int t_8 = min(t_7 + t_6, s10 - 8);
    tw_copy_async_16(&tileB[tileB_base], &b[t_8 + thread_div_8 * s10], thread_div_8 < s2);
    const int t_9 = thread_div_8 + 16;
    tw_copy_async_16(&tileB[tileB_base + 1152], &b[t_8 + t_9 * s10], t_9 < s2);
    tw_copy_commit();
    const bool inside_1 = t_1 + 32 < s2;
    tw_copy_async_16(&tileA[tileA_base + 2560], &a[a_base + 32], inside_1);
    tw_copy_async_16(&tileA[tileA_base + 3840], &a[a_base_1 + 32], inside_1);
    const int t_10 = thread_div_8 + 32;
    tw_copy_async_16(&tileB[tileB_base + 2304], &b[t_8 + t_10 * s10], t_10 < s2);
    const int t_11 = thread_div_8 + 48;
    tw_copy_async_16(&tileB[tileB_base + 3456], &b[t_8 + t_11 * s10], t_11 < s2);
    tw_copy_commit();
    const int subgroup_div_2 = subgroup >> 1;
    const int lane_mod_16 = lane & 15;
    const int t_12 = thread_div_8 + 64;
    const int t_13 = (lane >> 4) * 8;
    const int t_14 = (subgroup & 1) * 32;
    const int t_15 = t_1 + 64;
    const int tileA_base_1 = subgroup_div_2 * 1280 + lane_mod_16 * 40 + t_13;
    const int tileB_base_1 = lane_mod_16 * 72 + t_14 + t_13;
    const int a_base_2 = a_base + 64;
    const int a_base_3 = a_base_1 + 64;
    for (int step = 0; step < s11; step++) {
      tw_copy_wait<1>();
      __syncthreads();
      const int t_16 = step + 2;
      if (t_16 < s11) {
        const int t_17 = step * 32;
        const int t_18 = t_16 % 3;
        const int tileA_base_2 = tileA_base + t_18 * 2560;
        const bool inside_2 = t_15 + t_17 < s2;
        tw_copy_async_16(&tileA[tileA_base_2], &a[a_base_2 + t_17], inside_2);
        tw_copy_async_16(&tileA[tileA_base_2 + 1280], &a[a_base_3 + t_17], inside_2);
        const int t_19 = t_12 + t_17;
        const int tileB_base_2 = tileB_base + t_18 * 2304;
        tw_copy_async_16(&tileB[tileB_base_2], &b[t_8 + t_19 * s10], t_19 < s2);
        const int t_20 = t_19 + 16;
        tw_copy_async_16(&tileB[tileB_base_2 + 1152], &b[t_8 + t_20 * s10], t_20 < s2);
      }
      tw_copy_commit();
      __align__(16) __half a_1[8];
      const int step_mod_3 = step % 3;
      const int tileA_base_2 = tileA_base_1 + step_mod_3 * 2560;
      tw_load_matrices_4(reinterpret_cast<unsigned*>(a_1), &tileA[tileA_base_2]);
      __align__(16) __half a_2[8];
      tw_load_matrices_4(reinterpret_cast<unsigned*>(a_2), &tileA[tileA_base_2 + 640]);
      __align__(16) __half b_1[4];
      __align__(16) __half b_2[4];
      const int tileB_base_2 = tileB_base_1 + step_mod_3 * 2304;
      unsigned matrices[4];
      tw_load_matrices_4_transposed(matrices, &tileB[tileB_base_2]);
      reinterpret_cast<unsigned*>(b_1)[0] = matrices[0];
      reinterpret_cast<unsigned*>(b_1)[1] = matrices[1];
      reinterpret_cast<unsigned*>(b_2)[0] = matrices[2];
      reinterpret_cast<unsigned*>(b_2)[1] = matrices[3];
      __align__(16) __half b_3[4];
      __align__(16) __half b_4[4];
      unsigned matrices_1[4];
      tw_load_matrices_4_transposed(matrices_1, &tileB[tileB_base_2 + 16]);
      reinterpret_cast<unsigned*>(b_3)[0] = matrices_1[0];
      reinterpret_cast<unsigned*>(b_3)[1] = matrices_1[1];
      reinterpret_cast<unsigned*>(b_4)[0] = matrices_1[2];
      reinterpret_cast<unsigned*>(b_4)[1] = matrices_1[3];
      tw_multiply_m16n8k16_f16(sums, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_1));
      tw_multiply_m16n8k16_f16(sums_1, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_2));
      tw_multiply_m16n8k16_f16(sums_2, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_3));
      tw_multiply_m16n8k16_f16(sums_3, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_4));
      tw_multiply_m16n8k16_f16(sums_4, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_1));
      tw_multiply_m16n8k16_f16(sums_5, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_2));
      tw_multiply_m16n8k16_f16(sums_6, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_3));
      tw_multiply_m16n8k16_f16(sums_7, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_4));
      __align__(16) __half a_3[8];
      tw_load_matrices_4(reinterpret_cast<unsigned*>(a_3), &tileA[tileA_base_2 + 16]);
      __align__(16) __half a_4[8];
      tw_load_matrices_4(reinterpret_cast<unsigned*>(a_4), &tileA[tileA_base_2 + 656]);
      __align__(16) __half b_5[4];
      __align__(16) __half b_6[4];
      unsigned matrices_2[4];
      tw_load_matrices_4_transposed(matrices_2, &tileB[tileB_base_2 + 1152]);
      reinterpret_cast<unsigned*>(b_5)[0] = matrices_2[0];
      reinterpret_cast<unsigned*>(b_5)[1] = matrices_2[1];
      reinterpret_cast<unsigned*>(b_6)[0] = matrices_2[2];
      reinterpret_cast<unsigned*>(b_6)[1] = matrices_2[3];
      __align__(16) __half b_7[4];
      __align__(16) __half b_8[4];
      unsigned matrices_3[4];
      tw_load_matrices_4_transposed(matrices_3, &tileB[tileB_base_2 + 1168]);
      reinterpret_cast<unsigned*>(b_7)[0] = matrices_3[0];
      reinterpret_cast<unsigned*>(b_7)[1] = matrices_3[1];
      reinterpret_cast<unsigned*>(b_8)[0] = matrices_3[2];
      reinterpret_cast<unsigned*>(b_8)[1] = matrices_3[3];
      tw_multiply_m16n8k16_f16(sums, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_5));
      tw_multiply_m16n8k16_f16(sums_1, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_6));
      tw_multiply_m16n8k16_f16(sums_2, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_7));
      tw_multiply_m16n8k16_f16(sums_3, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_8));
      tw_multiply_m16n8k16_f16(sums_4, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_5));
      tw_multiply_m16n8k16_f16(sums_5, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_6));
      tw_multiply_m16n8k16_f16(sums_6, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_7));
      tw_multiply_m16n8k16_f16(sums_7, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_8));
    }
    const int t_16 = t_2 + subgroup_div_2 * 32;
    const int c_base = t_7 + t_14;
    const bool inside_2 = t_16 < s1;
    const bool inside_3 = c_base < s10;
    const int c_base_1 = c_base + (lane & 3) * 2;
    const int t_17 = t_16 + (lane >> 2);
    const int c_base_2 = c_base_1 + tw_divide_by_size(t_17, s5, s6) * s12 + tw_remainder_by_size(t_17, s8, s5, s6) * s10;
    if (inside_2 && inside_3) {
      c[c_base_2] = __float2half_rn(sums[0]);
      c[c_base_2 + 1] = __float2half_rn(sums[1]);
    }
    const bool inside_4 = t_16 + 8 < s1;
    const int t_18 = t_17 + 8;
    const int c_base_3 = c_base_1 + tw_divide_by_size(t_18, s5, s6) * s12 + tw_remainder_by_size(t_18, s8, s5, s6) * s10;
    if (inside_4 && inside_3) {
      c[c_base_3] = __float2half_rn(sums[2]);
      c[c_base_3 + 1] = __float2half_rn(sums[3]);
    }
    const bool inside_5 = c_base + 8 < s10;
    if (inside_2 && inside_5) {
      c[c_base_2 + 8] = __float2half_rn(sums_1[0]);
      c[c_base_2 + 9] = __float2half_rn(sums_1[1]);
    }
    if (inside_4 && inside_5) {
      c[c_base_3 + 8] = __float2half_rn(sums_1[2]);
      c[c_base_3 + 9] = __float2half_rn(sums_1[3]);
    }
    const bool inside_6 = c_base + 16 < s10;
    if (inside_2 && inside_6) {
      c[c_base_2 + 16] = __float2half_rn(sums_2[0]);
      c[c_base_2 + 17] = __float2half_rn(sums_2[1]);
    }
    if (inside_4 && inside_6) {
      c[c_base_3 + 16] = __float2half_rn(sums_2[2]);
      c[c_base_3 + 17] = __float2half_rn(sums_2[3]);
    }
    const bool inside_7 = c_base + 24 < s10;
    if (inside_2 && inside_7) {
      c[c_base_2 + 24] = __float2half_rn(sums_3[0]);
      c[c_base_2 + 25] = __float2half_rn(sums_3[1]);
    }
    if (inside_4 && inside_7) {
      c[c_base_3 + 24] = __float2half_rn(sums_3[2]);
      c[c_base_3 + 25] = __float2half_rn(sums_3[3]);
    }
    const bool inside_8 = t_16 + 16 < s1;
    const int t_19 = t_17 + 16;
    const int c_base_4 = c_base_1 + tw_divide_by_size(t_19, s5, s6) * s12 + tw_remainder_by_size(t_19, s8, s5, s6) * s10;
    if (inside_8 && inside_3) {
      c[c_base_4] = __float2half_rn(sums_4[0]);
      c[c_base_4 + 1] = __float2half_rn(sums_4[1]);
    }
    const bool inside_9 = t_16 + 24 < s1;
    const int t_20 = t_17 + 24;
    const int c_base_5 = c_base_1 + tw_divide_by_size(t_20, s5, s6) * s12 + tw_remainder_by_size(t_20, s8, s5, s6) * s10;
    if (inside_9 && inside_3) {
      c[c_base_5] = __float2half_rn(sums_4[2]);
      c[c_base_5 + 1] = __float2half_rn(sums_4[3]);
    }
    if (inside_8 && inside_5) {
      c[c_base_4 + 8] = __float2half_rn(sums_5[0]);
      c[c_base_4 + 9] = __float2half_rn(sums_5[1]);
    }
    if (inside_9 && inside_5) {
      c[c_base_5 + 8] = __float2half_rn(sums_5[2]);
      c[c_base_5 + 9] = __float2half_rn(sums_5[3]);
    }
    if (inside_8 && inside_6) {
      c[c_base_4 + 16] = __float2half_rn(sums_6[0]);
      c[c_base_4 + 17] = __float2half_rn(sums_6[1]);
    }
    if (inside_9 && inside_6) {
      c[c_base_5 + 16] = __float2half_rn(sums_6[2]);
      c[c_base_5 + 17] = __float2half_rn(sums_6[3]);
    }
    if (inside_8 && inside_7) {
      c[c_base_4 + 24] = __float2half_rn(sums_7[0]);
      c[c_base_4 + 25] = __float2half_rn(sums_7[1]);
    }
    if (inside_9 && inside_7) {
      c[c_base_5 + 24] = __float2half_rn(sums_7[2]);
      c[c_base_5 + 25] = __float2half_rn(sums_7[3]);
    }
  }
}
