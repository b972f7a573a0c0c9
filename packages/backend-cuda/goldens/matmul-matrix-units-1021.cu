#include <cuda_fp16.h>

#ifdef __CUDACC__
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
static __device__ __forceinline__ void tw_multiply_m16n8k16_f16(float* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

extern "C" __global__ void __launch_bounds__(128, 1) main_kernel(const __half* __restrict__ a, const __half* __restrict__ b, __half* __restrict__ c) {
  const int workgroup_y = blockIdx.y;
  const int thread = threadIdx.x;
  const int workgroup_x = blockIdx.x;
  const int subgroup = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) __half tileA[7680];
  __shared__ __align__(16) __half tileB[6912];
  __half next_0;
  __half next_1;
  __half next_2;
  __half next_3;
  __half next_4;
  __half next_5;
  __half next_6;
  __half next_7;
  __half next_8;
  __half next_9;
  __half next_10;
  __half next_11;
  __half next_12;
  __half next_13;
  __half next_14;
  __half next_15;
  __half next_0_1;
  __half next_1_1;
  __half next_2_1;
  __half next_3_1;
  __half next_4_1;
  __half next_5_1;
  __half next_6_1;
  __half next_7_1;
  __half next_8_1;
  __half next_9_1;
  __half next_10_1;
  __half next_11_1;
  __half next_12_1;
  __half next_13_1;
  __half next_14_1;
  __half next_15_1;
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
  const int t = workgroup_y * 65344;
  const int thread_div_8 = thread >> 3;
  const int thread_mod_8 = thread & 7;
  const int t_1 = thread_mod_8 * 4;
  const int a_base = t + thread_div_8 * 1021 + t_1;
  next_0 = __float2half_rn(__half2float(a[a_base]));
  next_1 = __float2half_rn(__half2float(a[a_base + 1]));
  next_2 = __float2half_rn(__half2float(a[a_base + 2]));
  next_3 = __float2half_rn(__half2float(a[a_base + 3]));
  next_4 = __float2half_rn(__half2float(a[a_base + 16336]));
  next_5 = __float2half_rn(__half2float(a[a_base + 16337]));
  next_6 = __float2half_rn(__half2float(a[a_base + 16338]));
  next_7 = __float2half_rn(__half2float(a[a_base + 16339]));
  next_8 = __float2half_rn(__half2float(a[a_base + 32672]));
  next_9 = __float2half_rn(__half2float(a[a_base + 32673]));
  next_10 = __float2half_rn(__half2float(a[a_base + 32674]));
  next_11 = __float2half_rn(__half2float(a[a_base + 32675]));
  const int t_2 = workgroup_y * 64;
  const int a_base_1 = min(t_2 + thread_div_8 + 48, 1020) * 1021 + t_1;
  next_12 = __float2half_rn(__half2float(a[a_base_1]));
  next_13 = __float2half_rn(__half2float(a[a_base_1 + 1]));
  next_14 = __float2half_rn(__half2float(a[a_base_1 + 2]));
  next_15 = __float2half_rn(__half2float(a[a_base_1 + 3]));
  const int tileA_base = thread_div_8 * 40 + t_1;
  tileA[tileA_base] = __float2half_rn(__half2float(next_0));
  tileA[tileA_base + 1] = __float2half_rn(__half2float(next_1));
  tileA[tileA_base + 2] = __float2half_rn(__half2float(next_2));
  tileA[tileA_base + 3] = __float2half_rn(__half2float(next_3));
  tileA[tileA_base + 640] = __float2half_rn(__half2float(next_4));
  tileA[tileA_base + 641] = __float2half_rn(__half2float(next_5));
  tileA[tileA_base + 642] = __float2half_rn(__half2float(next_6));
  tileA[tileA_base + 643] = __float2half_rn(__half2float(next_7));
  tileA[tileA_base + 1280] = __float2half_rn(__half2float(next_8));
  tileA[tileA_base + 1281] = __float2half_rn(__half2float(next_9));
  tileA[tileA_base + 1282] = __float2half_rn(__half2float(next_10));
  tileA[tileA_base + 1283] = __float2half_rn(__half2float(next_11));
  tileA[tileA_base + 1920] = __float2half_rn(__half2float(next_12));
  tileA[tileA_base + 1921] = __float2half_rn(__half2float(next_13));
  tileA[tileA_base + 1922] = __float2half_rn(__half2float(next_14));
  tileA[tileA_base + 1923] = __float2half_rn(__half2float(next_15));
  const int thread_div_16 = thread >> 4;
  const int t_3 = workgroup_x * 64;
  const int t_4 = thread_div_16 * 1021;
  const int t_5 = (thread & 15) * 4;
  const int b_base = t_4 + t_3 + t_5;
  next_0_1 = __float2half_rn(__half2float(b[b_base]));
  const int t_6 = t_3 + t_5;
  const int b_base_1 = t_4 + min(t_6 + 1, 1020);
  next_1_1 = __float2half_rn(__half2float(b[b_base_1]));
  const int b_base_2 = t_4 + min(t_6 + 2, 1020);
  next_2_1 = __float2half_rn(__half2float(b[b_base_2]));
  const int b_base_3 = t_4 + min(t_6 + 3, 1020);
  next_3_1 = __float2half_rn(__half2float(b[b_base_3]));
  next_4_1 = __float2half_rn(__half2float(b[b_base + 8168]));
  next_5_1 = __float2half_rn(__half2float(b[b_base_1 + 8168]));
  next_6_1 = __float2half_rn(__half2float(b[b_base_2 + 8168]));
  next_7_1 = __float2half_rn(__half2float(b[b_base_3 + 8168]));
  next_8_1 = __float2half_rn(__half2float(b[b_base + 16336]));
  next_9_1 = __float2half_rn(__half2float(b[b_base_1 + 16336]));
  next_10_1 = __float2half_rn(__half2float(b[b_base_2 + 16336]));
  next_11_1 = __float2half_rn(__half2float(b[b_base_3 + 16336]));
  next_12_1 = __float2half_rn(__half2float(b[b_base + 24504]));
  next_13_1 = __float2half_rn(__half2float(b[b_base_1 + 24504]));
  next_14_1 = __float2half_rn(__half2float(b[b_base_2 + 24504]));
  next_15_1 = __float2half_rn(__half2float(b[b_base_3 + 24504]));
  const int tileB_base = thread_div_16 * 72 + t_5;
  tileB[tileB_base] = __float2half_rn(__half2float(next_0_1));
  tileB[tileB_base + 1] = __float2half_rn(__half2float(next_1_1));
  tileB[tileB_base + 2] = __float2half_rn(__half2float(next_2_1));
  tileB[tileB_base + 3] = __float2half_rn(__half2float(next_3_1));
  tileB[tileB_base + 576] = __float2half_rn(__half2float(next_4_1));
  tileB[tileB_base + 577] = __float2half_rn(__half2float(next_5_1));
  tileB[tileB_base + 578] = __float2half_rn(__half2float(next_6_1));
  tileB[tileB_base + 579] = __float2half_rn(__half2float(next_7_1));
  tileB[tileB_base + 1152] = __float2half_rn(__half2float(next_8_1));
  tileB[tileB_base + 1153] = __float2half_rn(__half2float(next_9_1));
  tileB[tileB_base + 1154] = __float2half_rn(__half2float(next_10_1));
  tileB[tileB_base + 1155] = __float2half_rn(__half2float(next_11_1));
  tileB[tileB_base + 1728] = __float2half_rn(__half2float(next_12_1));
  tileB[tileB_base + 1729] = __float2half_rn(__half2float(next_13_1));
  tileB[tileB_base + 1730] = __float2half_rn(__half2float(next_14_1));
  tileB[tileB_base + 1731] = __float2half_rn(__half2float(next_15_1));
  tw_copy_commit();
  next_0 = __float2half_rn(__half2float(a[a_base + 32]));
  next_1 = __float2half_rn(__half2float(a[a_base + 33]));
  next_2 = __float2half_rn(__half2float(a[a_base + 34]));
  next_3 = __float2half_rn(__half2float(a[a_base + 35]));
  next_4 = __float2half_rn(__half2float(a[a_base + 16368]));
  next_5 = __float2half_rn(__half2float(a[a_base + 16369]));
  next_6 = __float2half_rn(__half2float(a[a_base + 16370]));
  next_7 = __float2half_rn(__half2float(a[a_base + 16371]));
  next_8 = __float2half_rn(__half2float(a[a_base + 32704]));
  next_9 = __float2half_rn(__half2float(a[a_base + 32705]));
  next_10 = __float2half_rn(__half2float(a[a_base + 32706]));
  next_11 = __float2half_rn(__half2float(a[a_base + 32707]));
  next_12 = __float2half_rn(__half2float(a[a_base_1 + 32]));
  next_13 = __float2half_rn(__half2float(a[a_base_1 + 33]));
  next_14 = __float2half_rn(__half2float(a[a_base_1 + 34]));
  next_15 = __float2half_rn(__half2float(a[a_base_1 + 35]));
  tileA[tileA_base + 2560] = __float2half_rn(__half2float(next_0));
  tileA[tileA_base + 2561] = __float2half_rn(__half2float(next_1));
  tileA[tileA_base + 2562] = __float2half_rn(__half2float(next_2));
  tileA[tileA_base + 2563] = __float2half_rn(__half2float(next_3));
  tileA[tileA_base + 3200] = __float2half_rn(__half2float(next_4));
  tileA[tileA_base + 3201] = __float2half_rn(__half2float(next_5));
  tileA[tileA_base + 3202] = __float2half_rn(__half2float(next_6));
  tileA[tileA_base + 3203] = __float2half_rn(__half2float(next_7));
  tileA[tileA_base + 3840] = __float2half_rn(__half2float(next_8));
  tileA[tileA_base + 3841] = __float2half_rn(__half2float(next_9));
  tileA[tileA_base + 3842] = __float2half_rn(__half2float(next_10));
  tileA[tileA_base + 3843] = __float2half_rn(__half2float(next_11));
  tileA[tileA_base + 4480] = __float2half_rn(__half2float(next_12));
  tileA[tileA_base + 4481] = __float2half_rn(__half2float(next_13));
  tileA[tileA_base + 4482] = __float2half_rn(__half2float(next_14));
  tileA[tileA_base + 4483] = __float2half_rn(__half2float(next_15));
  next_0_1 = __float2half_rn(__half2float(b[b_base + 32672]));
  next_1_1 = __float2half_rn(__half2float(b[b_base_1 + 32672]));
  next_2_1 = __float2half_rn(__half2float(b[b_base_2 + 32672]));
  next_3_1 = __float2half_rn(__half2float(b[b_base_3 + 32672]));
  next_4_1 = __float2half_rn(__half2float(b[b_base + 40840]));
  next_5_1 = __float2half_rn(__half2float(b[b_base_1 + 40840]));
  next_6_1 = __float2half_rn(__half2float(b[b_base_2 + 40840]));
  next_7_1 = __float2half_rn(__half2float(b[b_base_3 + 40840]));
  next_8_1 = __float2half_rn(__half2float(b[b_base + 49008]));
  next_9_1 = __float2half_rn(__half2float(b[b_base_1 + 49008]));
  next_10_1 = __float2half_rn(__half2float(b[b_base_2 + 49008]));
  next_11_1 = __float2half_rn(__half2float(b[b_base_3 + 49008]));
  next_12_1 = __float2half_rn(__half2float(b[b_base + 57176]));
  next_13_1 = __float2half_rn(__half2float(b[b_base_1 + 57176]));
  next_14_1 = __float2half_rn(__half2float(b[b_base_2 + 57176]));
  next_15_1 = __float2half_rn(__half2float(b[b_base_3 + 57176]));
  tileB[tileB_base + 2304] = __float2half_rn(__half2float(next_0_1));
  tileB[tileB_base + 2305] = __float2half_rn(__half2float(next_1_1));
  tileB[tileB_base + 2306] = __float2half_rn(__half2float(next_2_1));
  tileB[tileB_base + 2307] = __float2half_rn(__half2float(next_3_1));
  tileB[tileB_base + 2880] = __float2half_rn(__half2float(next_4_1));
  tileB[tileB_base + 2881] = __float2half_rn(__half2float(next_5_1));
  tileB[tileB_base + 2882] = __float2half_rn(__half2float(next_6_1));
  tileB[tileB_base + 2883] = __float2half_rn(__half2float(next_7_1));
  tileB[tileB_base + 3456] = __float2half_rn(__half2float(next_8_1));
  tileB[tileB_base + 3457] = __float2half_rn(__half2float(next_9_1));
  tileB[tileB_base + 3458] = __float2half_rn(__half2float(next_10_1));
  tileB[tileB_base + 3459] = __float2half_rn(__half2float(next_11_1));
  tileB[tileB_base + 4032] = __float2half_rn(__half2float(next_12_1));
  tileB[tileB_base + 4033] = __float2half_rn(__half2float(next_13_1));
  tileB[tileB_base + 4034] = __float2half_rn(__half2float(next_14_1));
  tileB[tileB_base + 4035] = __float2half_rn(__half2float(next_15_1));
  tw_copy_commit();
  const int subgroup_div_2 = subgroup >> 1;
  const int lane_mod_16 = lane & 15;
  const int subgroup_mod_2 = subgroup & 1;
  const int t_7 = (lane >> 4) * 8;
  const int t_8 = subgroup_mod_2 * 32;
  const int tileA_base_1 = subgroup_div_2 * 1280 + lane_mod_16 * 40 + t_7;
  const int tileB_base_1 = lane_mod_16 * 72 + t_8 + t_7;
  const int a_base_2 = a_base + 64;
  const int b_base_4 = b_base + 65344;
  const int a_base_3 = a_base_1 + 64;
  const int b_base_5 = b_base_1 + 65344;
  const int b_base_6 = b_base_2 + 65344;
  const int b_base_7 = b_base_3 + 65344;
  for (int step = 0; step < 32; step++) {
    tw_copy_wait<1>();
    __syncthreads();
    const bool inside = step < 30;
    if (inside) {
      const int t_9 = step * 32;
      const int a_base_4 = a_base_2 + t_9;
      next_0 = __float2half_rn(__half2float(a[a_base_4]));
      const bool inside_1 = thread_mod_8 + step * 8 < 239;
      next_1 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 1]) : 0.0f));
      next_2 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 2]) : 0.0f));
      next_3 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 3]) : 0.0f));
      next_4 = __float2half_rn(__half2float(a[a_base_4 + 16336]));
      next_5 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 16337]) : 0.0f));
      next_6 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 16338]) : 0.0f));
      next_7 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 16339]) : 0.0f));
      next_8 = __float2half_rn(__half2float(a[a_base_4 + 32672]));
      next_9 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 32673]) : 0.0f));
      next_10 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 32674]) : 0.0f));
      next_11 = __float2half_rn((inside_1 ? __half2float(a[a_base_4 + 32675]) : 0.0f));
      const int a_base_5 = a_base_3 + t_9;
      next_12 = __float2half_rn(__half2float(a[a_base_5]));
      next_13 = __float2half_rn((inside_1 ? __half2float(a[a_base_5 + 1]) : 0.0f));
      next_14 = __float2half_rn((inside_1 ? __half2float(a[a_base_5 + 2]) : 0.0f));
      next_15 = __float2half_rn((inside_1 ? __half2float(a[a_base_5 + 3]) : 0.0f));
      const int t_10 = step * 32672;
      const int b_base_8 = b_base_4 + t_10;
      next_0_1 = __float2half_rn(__half2float(b[b_base_8]));
      const int b_base_9 = b_base_5 + t_10;
      next_1_1 = __float2half_rn(__half2float(b[b_base_9]));
      const int b_base_10 = b_base_6 + t_10;
      next_2_1 = __float2half_rn(__half2float(b[b_base_10]));
      const int b_base_11 = b_base_7 + t_10;
      next_3_1 = __float2half_rn(__half2float(b[b_base_11]));
      next_4_1 = __float2half_rn(__half2float(b[b_base_8 + 8168]));
      next_5_1 = __float2half_rn(__half2float(b[b_base_9 + 8168]));
      next_6_1 = __float2half_rn(__half2float(b[b_base_10 + 8168]));
      next_7_1 = __float2half_rn(__half2float(b[b_base_11 + 8168]));
      next_8_1 = __float2half_rn(__half2float(b[b_base_8 + 16336]));
      next_9_1 = __float2half_rn(__half2float(b[b_base_9 + 16336]));
      next_10_1 = __float2half_rn(__half2float(b[b_base_10 + 16336]));
      next_11_1 = __float2half_rn(__half2float(b[b_base_11 + 16336]));
      const bool inside_2 = thread_div_16 + t_9 < 933;
      next_12_1 = __float2half_rn((inside_2 ? __half2float(b[b_base_8 + 24504]) : 0.0f));
      next_13_1 = __float2half_rn((inside_2 ? __half2float(b[b_base_9 + 24504]) : 0.0f));
      next_14_1 = __float2half_rn((inside_2 ? __half2float(b[b_base_10 + 24504]) : 0.0f));
      next_15_1 = __float2half_rn((inside_2 ? __half2float(b[b_base_11 + 24504]) : 0.0f));
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
    if (inside) {
      const int t_9 = (step + 2) % 3;
      const int tileA_base_3 = tileA_base + t_9 * 2560;
      tileA[tileA_base_3] = __float2half_rn(__half2float(next_0));
      tileA[tileA_base_3 + 1] = __float2half_rn(__half2float(next_1));
      tileA[tileA_base_3 + 2] = __float2half_rn(__half2float(next_2));
      tileA[tileA_base_3 + 3] = __float2half_rn(__half2float(next_3));
      tileA[tileA_base_3 + 640] = __float2half_rn(__half2float(next_4));
      tileA[tileA_base_3 + 641] = __float2half_rn(__half2float(next_5));
      tileA[tileA_base_3 + 642] = __float2half_rn(__half2float(next_6));
      tileA[tileA_base_3 + 643] = __float2half_rn(__half2float(next_7));
      tileA[tileA_base_3 + 1280] = __float2half_rn(__half2float(next_8));
      tileA[tileA_base_3 + 1281] = __float2half_rn(__half2float(next_9));
      tileA[tileA_base_3 + 1282] = __float2half_rn(__half2float(next_10));
      tileA[tileA_base_3 + 1283] = __float2half_rn(__half2float(next_11));
      tileA[tileA_base_3 + 1920] = __float2half_rn(__half2float(next_12));
      tileA[tileA_base_3 + 1921] = __float2half_rn(__half2float(next_13));
      tileA[tileA_base_3 + 1922] = __float2half_rn(__half2float(next_14));
      tileA[tileA_base_3 + 1923] = __float2half_rn(__half2float(next_15));
      const int tileB_base_3 = tileB_base + t_9 * 2304;
      tileB[tileB_base_3] = __float2half_rn(__half2float(next_0_1));
      tileB[tileB_base_3 + 1] = __float2half_rn(__half2float(next_1_1));
      tileB[tileB_base_3 + 2] = __float2half_rn(__half2float(next_2_1));
      tileB[tileB_base_3 + 3] = __float2half_rn(__half2float(next_3_1));
      tileB[tileB_base_3 + 576] = __float2half_rn(__half2float(next_4_1));
      tileB[tileB_base_3 + 577] = __float2half_rn(__half2float(next_5_1));
      tileB[tileB_base_3 + 578] = __float2half_rn(__half2float(next_6_1));
      tileB[tileB_base_3 + 579] = __float2half_rn(__half2float(next_7_1));
      tileB[tileB_base_3 + 1152] = __float2half_rn(__half2float(next_8_1));
      tileB[tileB_base_3 + 1153] = __float2half_rn(__half2float(next_9_1));
      tileB[tileB_base_3 + 1154] = __float2half_rn(__half2float(next_10_1));
      tileB[tileB_base_3 + 1155] = __float2half_rn(__half2float(next_11_1));
      tileB[tileB_base_3 + 1728] = __float2half_rn(__half2float(next_12_1));
      tileB[tileB_base_3 + 1729] = __float2half_rn(__half2float(next_13_1));
      tileB[tileB_base_3 + 1730] = __float2half_rn(__half2float(next_14_1));
      tileB[tileB_base_3 + 1731] = __float2half_rn(__half2float(next_15_1));
    }
  }
  const int lane_div_4 = lane >> 2;
  const int lane_mod_4 = lane & 3;
  const int c_base = t + subgroup_div_2 * 32672 + lane_div_4 * 1021 + t_3 + t_8 + lane_mod_4 * 2;
  c[c_base] = __float2half_rn(sums[0]);
  c[c_base + 1] = __float2half_rn(sums[1]);
  c[c_base + 8168] = __float2half_rn(sums[2]);
  c[c_base + 8169] = __float2half_rn(sums[3]);
  c[c_base + 8] = __float2half_rn(sums_1[0]);
  c[c_base + 9] = __float2half_rn(sums_1[1]);
  c[c_base + 8176] = __float2half_rn(sums_1[2]);
  c[c_base + 8177] = __float2half_rn(sums_1[3]);
  c[c_base + 16] = __float2half_rn(sums_2[0]);
  c[c_base + 17] = __float2half_rn(sums_2[1]);
  c[c_base + 8184] = __float2half_rn(sums_2[2]);
  c[c_base + 8185] = __float2half_rn(sums_2[3]);
  const int t_9 = workgroup_x * 32 + subgroup_mod_2 * 16 + lane_mod_4;
  const bool inside = t_9 < 499;
  if (inside) {
    c[c_base + 24] = __float2half_rn(sums_3[0]);
  }
  const bool inside_1 = t_9 < 498;
  if (inside_1) {
    c[c_base + 25] = __float2half_rn(sums_3[1]);
  }
  if (inside) {
    c[c_base + 8192] = __float2half_rn(sums_3[2]);
  }
  if (inside_1) {
    c[c_base + 8193] = __float2half_rn(sums_3[3]);
  }
  c[c_base + 16336] = __float2half_rn(sums_4[0]);
  c[c_base + 16337] = __float2half_rn(sums_4[1]);
  const bool inside_2 = t_2 + subgroup_div_2 * 32 + lane_div_4 < 997;
  if (inside_2) {
    c[c_base + 24504] = __float2half_rn(sums_4[2]);
    c[c_base + 24505] = __float2half_rn(sums_4[3]);
  }
  c[c_base + 16344] = __float2half_rn(sums_5[0]);
  c[c_base + 16345] = __float2half_rn(sums_5[1]);
  if (inside_2) {
    c[c_base + 24512] = __float2half_rn(sums_5[2]);
    c[c_base + 24513] = __float2half_rn(sums_5[3]);
  }
  c[c_base + 16352] = __float2half_rn(sums_6[0]);
  c[c_base + 16353] = __float2half_rn(sums_6[1]);
  if (inside_2) {
    c[c_base + 24520] = __float2half_rn(sums_6[2]);
    c[c_base + 24521] = __float2half_rn(sums_6[3]);
  }
  if (inside) {
    c[c_base + 16360] = __float2half_rn(sums_7[0]);
  }
  if (inside_1) {
    c[c_base + 16361] = __float2half_rn(sums_7[1]);
  }
  if (inside_2 && inside) {
    c[c_base + 24528] = __float2half_rn(sums_7[2]);
  }
  if (inside_2 && inside_1) {
    c[c_base + 24529] = __float2half_rn(sums_7[3]);
  }
}
