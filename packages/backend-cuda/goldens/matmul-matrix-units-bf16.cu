#include <cuda_bf16.h>

#ifdef __CUDACC__
static __device__ __forceinline__ void tw_copy_async_16(void* to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0) : "memory");
}
static __device__ __forceinline__ void tw_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int pending> __device__ __forceinline__ void tw_copy_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(pending) : "memory");
}
static __device__ __forceinline__ void tw_load_matrices_4(unsigned* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
static __device__ __forceinline__ void tw_load_matrices_4_transposed(unsigned* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"((unsigned)__cvta_generic_to_shared(row)) : "memory");
}
static __device__ __forceinline__ void tw_multiply_m16n8k16_bf16(float* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

extern "C" __global__ void __launch_bounds__(128, 1) main_kernel(const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b, __nv_bfloat16* __restrict__ c) {
  const int thread = threadIdx.x;
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int subgroup = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) __nv_bfloat16 tileA[7680];
  __shared__ __align__(16) __nv_bfloat16 tileB[6912];
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
  const int t = workgroup_y * 32768;
  const int t_1 = (thread & 3) * 8;
  const int tileA_base = thread_div_4 * 40 + t_1;
  const int a_base = t + thread_div_4 * 512 + t_1;
  tw_copy_async_16(&tileA[tileA_base], &a[a_base], true);
  tw_copy_async_16(&tileA[tileA_base + 1280], &a[a_base + 16384], true);
  const int thread_div_8 = thread >> 3;
  const int t_2 = workgroup_x * 64;
  const int t_3 = (thread & 7) * 8;
  const int tileB_base = thread_div_8 * 72 + t_3;
  const int b_base = thread_div_8 * 512 + t_2 + t_3;
  tw_copy_async_16(&tileB[tileB_base], &b[b_base], true);
  tw_copy_async_16(&tileB[tileB_base + 1152], &b[b_base + 8192], true);
  tw_copy_commit();
  tw_copy_async_16(&tileA[tileA_base + 2560], &a[a_base + 32], true);
  tw_copy_async_16(&tileA[tileA_base + 3840], &a[a_base + 16416], true);
  tw_copy_async_16(&tileB[tileB_base + 2304], &b[b_base + 16384], true);
  tw_copy_async_16(&tileB[tileB_base + 3456], &b[b_base + 24576], true);
  tw_copy_commit();
  const int subgroup_div_2 = subgroup >> 1;
  const int lane_mod_16 = lane & 15;
  const int t_4 = (lane >> 4) * 8;
  const int t_5 = (subgroup & 1) * 32;
  const int tileA_base_1 = subgroup_div_2 * 1280 + lane_mod_16 * 40 + t_4;
  const int tileB_base_1 = lane_mod_16 * 72 + t_5 + t_4;
  const int a_base_1 = a_base + 64;
  const int b_base_1 = b_base + 32768;
  for (int step = 0; step < 16; step++) {
    tw_copy_wait<1>();
    __syncthreads();
    if (step < 14) {
      const int t_6 = (step + 2) % 3;
      const int tileA_base_2 = tileA_base + t_6 * 2560;
      const int a_base_2 = a_base_1 + step * 32;
      tw_copy_async_16(&tileA[tileA_base_2], &a[a_base_2], true);
      tw_copy_async_16(&tileA[tileA_base_2 + 1280], &a[a_base_2 + 16384], true);
      const int tileB_base_2 = tileB_base + t_6 * 2304;
      const int b_base_2 = b_base_1 + step * 16384;
      tw_copy_async_16(&tileB[tileB_base_2], &b[b_base_2], true);
      tw_copy_async_16(&tileB[tileB_base_2 + 1152], &b[b_base_2 + 8192], true);
    }
    tw_copy_commit();
    __align__(16) __nv_bfloat16 a_1[8];
    const int step_mod_3 = step % 3;
    const int tileA_base_2 = tileA_base_1 + step_mod_3 * 2560;
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_1), &tileA[tileA_base_2]);
    __align__(16) __nv_bfloat16 a_2[8];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_2), &tileA[tileA_base_2 + 640]);
    __align__(16) __nv_bfloat16 b_1[4];
    __align__(16) __nv_bfloat16 b_2[4];
    const int tileB_base_2 = tileB_base_1 + step_mod_3 * 2304;
    unsigned matrices[4];
    tw_load_matrices_4_transposed(matrices, &tileB[tileB_base_2]);
    reinterpret_cast<unsigned*>(b_1)[0] = matrices[0];
    reinterpret_cast<unsigned*>(b_1)[1] = matrices[1];
    reinterpret_cast<unsigned*>(b_2)[0] = matrices[2];
    reinterpret_cast<unsigned*>(b_2)[1] = matrices[3];
    __align__(16) __nv_bfloat16 b_3[4];
    __align__(16) __nv_bfloat16 b_4[4];
    unsigned matrices_1[4];
    tw_load_matrices_4_transposed(matrices_1, &tileB[tileB_base_2 + 16]);
    reinterpret_cast<unsigned*>(b_3)[0] = matrices_1[0];
    reinterpret_cast<unsigned*>(b_3)[1] = matrices_1[1];
    reinterpret_cast<unsigned*>(b_4)[0] = matrices_1[2];
    reinterpret_cast<unsigned*>(b_4)[1] = matrices_1[3];
    tw_multiply_m16n8k16_bf16(sums, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_1));
    tw_multiply_m16n8k16_bf16(sums_1, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_2));
    tw_multiply_m16n8k16_bf16(sums_2, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_3));
    tw_multiply_m16n8k16_bf16(sums_3, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_4));
    tw_multiply_m16n8k16_bf16(sums_4, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_1));
    tw_multiply_m16n8k16_bf16(sums_5, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_2));
    tw_multiply_m16n8k16_bf16(sums_6, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_3));
    tw_multiply_m16n8k16_bf16(sums_7, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_4));
    __align__(16) __nv_bfloat16 a_3[8];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_3), &tileA[tileA_base_2 + 16]);
    __align__(16) __nv_bfloat16 a_4[8];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_4), &tileA[tileA_base_2 + 656]);
    __align__(16) __nv_bfloat16 b_5[4];
    __align__(16) __nv_bfloat16 b_6[4];
    unsigned matrices_2[4];
    tw_load_matrices_4_transposed(matrices_2, &tileB[tileB_base_2 + 1152]);
    reinterpret_cast<unsigned*>(b_5)[0] = matrices_2[0];
    reinterpret_cast<unsigned*>(b_5)[1] = matrices_2[1];
    reinterpret_cast<unsigned*>(b_6)[0] = matrices_2[2];
    reinterpret_cast<unsigned*>(b_6)[1] = matrices_2[3];
    __align__(16) __nv_bfloat16 b_7[4];
    __align__(16) __nv_bfloat16 b_8[4];
    unsigned matrices_3[4];
    tw_load_matrices_4_transposed(matrices_3, &tileB[tileB_base_2 + 1168]);
    reinterpret_cast<unsigned*>(b_7)[0] = matrices_3[0];
    reinterpret_cast<unsigned*>(b_7)[1] = matrices_3[1];
    reinterpret_cast<unsigned*>(b_8)[0] = matrices_3[2];
    reinterpret_cast<unsigned*>(b_8)[1] = matrices_3[3];
    tw_multiply_m16n8k16_bf16(sums, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_5));
    tw_multiply_m16n8k16_bf16(sums_1, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_6));
    tw_multiply_m16n8k16_bf16(sums_2, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_7));
    tw_multiply_m16n8k16_bf16(sums_3, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_8));
    tw_multiply_m16n8k16_bf16(sums_4, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_5));
    tw_multiply_m16n8k16_bf16(sums_5, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_6));
    tw_multiply_m16n8k16_bf16(sums_6, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_7));
    tw_multiply_m16n8k16_bf16(sums_7, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_8));
  }
  const int c_base = t + subgroup_div_2 * 16384 + (lane >> 2) * 512 + t_2 + t_5 + (lane & 3) * 2;
  c[c_base] = __float2bfloat16_rn(sums[0]);
  c[c_base + 1] = __float2bfloat16_rn(sums[1]);
  c[c_base + 4096] = __float2bfloat16_rn(sums[2]);
  c[c_base + 4097] = __float2bfloat16_rn(sums[3]);
  c[c_base + 8] = __float2bfloat16_rn(sums_1[0]);
  c[c_base + 9] = __float2bfloat16_rn(sums_1[1]);
  c[c_base + 4104] = __float2bfloat16_rn(sums_1[2]);
  c[c_base + 4105] = __float2bfloat16_rn(sums_1[3]);
  c[c_base + 16] = __float2bfloat16_rn(sums_2[0]);
  c[c_base + 17] = __float2bfloat16_rn(sums_2[1]);
  c[c_base + 4112] = __float2bfloat16_rn(sums_2[2]);
  c[c_base + 4113] = __float2bfloat16_rn(sums_2[3]);
  c[c_base + 24] = __float2bfloat16_rn(sums_3[0]);
  c[c_base + 25] = __float2bfloat16_rn(sums_3[1]);
  c[c_base + 4120] = __float2bfloat16_rn(sums_3[2]);
  c[c_base + 4121] = __float2bfloat16_rn(sums_3[3]);
  c[c_base + 8192] = __float2bfloat16_rn(sums_4[0]);
  c[c_base + 8193] = __float2bfloat16_rn(sums_4[1]);
  c[c_base + 12288] = __float2bfloat16_rn(sums_4[2]);
  c[c_base + 12289] = __float2bfloat16_rn(sums_4[3]);
  c[c_base + 8200] = __float2bfloat16_rn(sums_5[0]);
  c[c_base + 8201] = __float2bfloat16_rn(sums_5[1]);
  c[c_base + 12296] = __float2bfloat16_rn(sums_5[2]);
  c[c_base + 12297] = __float2bfloat16_rn(sums_5[3]);
  c[c_base + 8208] = __float2bfloat16_rn(sums_6[0]);
  c[c_base + 8209] = __float2bfloat16_rn(sums_6[1]);
  c[c_base + 12304] = __float2bfloat16_rn(sums_6[2]);
  c[c_base + 12305] = __float2bfloat16_rn(sums_6[3]);
  c[c_base + 8216] = __float2bfloat16_rn(sums_7[0]);
  c[c_base + 8217] = __float2bfloat16_rn(sums_7[1]);
  c[c_base + 12312] = __float2bfloat16_rn(sums_7[2]);
  c[c_base + 12313] = __float2bfloat16_rn(sums_7[3]);
}
