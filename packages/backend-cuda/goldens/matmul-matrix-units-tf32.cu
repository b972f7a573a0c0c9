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
static __device__ __forceinline__ void tw_multiply_m16n8k8_tf32(float* d, const unsigned* a, const unsigned* b) {
  unsigned x[4], y[2];
  for (int i = 0; i < 4; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(x[i]) : "f"(__uint_as_float(a[i])));
  for (int i = 0; i < 2; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y[i]) : "f"(__uint_as_float(b[i])));
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
}
#endif

extern "C" __global__ void __launch_bounds__(128, 1) main_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c) {
  const int thread = threadIdx.x;
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  const int subgroup = threadIdx.x / 32;
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) float tileA[3840];
  __shared__ __align__(16) float tileB[3456];
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
  const int t_1 = (thread & 3) * 4;
  const int tileA_base = thread_div_4 * 20 + t_1;
  const int a_base = t + thread_div_4 * 512 + t_1;
  tw_copy_async_16(&tileA[tileA_base], &a[a_base], true);
  tw_copy_async_16(&tileA[tileA_base + 640], &a[a_base + 16384], true);
  const int thread_div_16 = thread >> 4;
  const int t_2 = workgroup_x * 64;
  const int t_3 = (thread & 15) * 4;
  const int tileB_base = thread_div_16 * 72 + t_3;
  const int b_base = thread_div_16 * 512 + t_2 + t_3;
  tw_copy_async_16(&tileB[tileB_base], &b[b_base], true);
  tw_copy_async_16(&tileB[tileB_base + 576], &b[b_base + 4096], true);
  tw_copy_commit();
  tw_copy_async_16(&tileA[tileA_base + 1280], &a[a_base + 16], true);
  tw_copy_async_16(&tileA[tileA_base + 1920], &a[a_base + 16400], true);
  tw_copy_async_16(&tileB[tileB_base + 1152], &b[b_base + 8192], true);
  tw_copy_async_16(&tileB[tileB_base + 1728], &b[b_base + 12288], true);
  tw_copy_commit();
  const int subgroup_div_2 = subgroup >> 1;
  const int lane_mod_4 = lane & 3;
  const int lane_div_4 = lane >> 2;
  const int t_4 = (subgroup & 1) * 32;
  const int tileA_base_1 = subgroup_div_2 * 640 + (lane & 15) * 20 + (lane >> 4) * 4;
  const int tileB_base_1 = lane_mod_4 * 72 + t_4 + lane_div_4;
  const int a_base_1 = a_base + 32;
  const int b_base_1 = b_base + 16384;
  for (int step = 0; step < 32; step++) {
    tw_copy_wait<1>();
    __syncthreads();
    if (step < 30) {
      const int t_5 = (step + 2) % 3;
      const int tileA_base_2 = tileA_base + t_5 * 1280;
      const int a_base_2 = a_base_1 + step * 16;
      tw_copy_async_16(&tileA[tileA_base_2], &a[a_base_2], true);
      tw_copy_async_16(&tileA[tileA_base_2 + 640], &a[a_base_2 + 16384], true);
      const int tileB_base_2 = tileB_base + t_5 * 1152;
      const int b_base_2 = b_base_1 + step * 8192;
      tw_copy_async_16(&tileB[tileB_base_2], &b[b_base_2], true);
      tw_copy_async_16(&tileB[tileB_base_2 + 576], &b[b_base_2 + 4096], true);
    }
    tw_copy_commit();
    float a_1[4];
    const int step_mod_3 = step % 3;
    const int tileA_base_2 = tileA_base_1 + step_mod_3 * 1280;
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_1), &tileA[tileA_base_2]);
    float a_2[4];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_2), &tileA[tileA_base_2 + 320]);
    float b_1[2];
    float b_2[2];
    const int tileB_base_2 = tileB_base_1 + step_mod_3 * 1152;
    b_1[0] = tileB[tileB_base_2];
    b_1[1] = tileB[tileB_base_2 + 288];
    b_2[0] = tileB[tileB_base_2 + 8];
    b_2[1] = tileB[tileB_base_2 + 296];
    float b_3[2];
    float b_4[2];
    b_3[0] = tileB[tileB_base_2 + 16];
    b_3[1] = tileB[tileB_base_2 + 304];
    b_4[0] = tileB[tileB_base_2 + 24];
    b_4[1] = tileB[tileB_base_2 + 312];
    tw_multiply_m16n8k8_tf32(sums, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_1));
    tw_multiply_m16n8k8_tf32(sums_1, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_2));
    tw_multiply_m16n8k8_tf32(sums_2, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_3));
    tw_multiply_m16n8k8_tf32(sums_3, reinterpret_cast<unsigned*>(a_1), reinterpret_cast<unsigned*>(b_4));
    tw_multiply_m16n8k8_tf32(sums_4, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_1));
    tw_multiply_m16n8k8_tf32(sums_5, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_2));
    tw_multiply_m16n8k8_tf32(sums_6, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_3));
    tw_multiply_m16n8k8_tf32(sums_7, reinterpret_cast<unsigned*>(a_2), reinterpret_cast<unsigned*>(b_4));
    float a_3[4];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_3), &tileA[tileA_base_2 + 8]);
    float a_4[4];
    tw_load_matrices_4(reinterpret_cast<unsigned*>(a_4), &tileA[tileA_base_2 + 328]);
    float b_5[2];
    float b_6[2];
    b_5[0] = tileB[tileB_base_2 + 576];
    b_5[1] = tileB[tileB_base_2 + 864];
    b_6[0] = tileB[tileB_base_2 + 584];
    b_6[1] = tileB[tileB_base_2 + 872];
    float b_7[2];
    float b_8[2];
    b_7[0] = tileB[tileB_base_2 + 592];
    b_7[1] = tileB[tileB_base_2 + 880];
    b_8[0] = tileB[tileB_base_2 + 600];
    b_8[1] = tileB[tileB_base_2 + 888];
    tw_multiply_m16n8k8_tf32(sums, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_5));
    tw_multiply_m16n8k8_tf32(sums_1, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_6));
    tw_multiply_m16n8k8_tf32(sums_2, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_7));
    tw_multiply_m16n8k8_tf32(sums_3, reinterpret_cast<unsigned*>(a_3), reinterpret_cast<unsigned*>(b_8));
    tw_multiply_m16n8k8_tf32(sums_4, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_5));
    tw_multiply_m16n8k8_tf32(sums_5, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_6));
    tw_multiply_m16n8k8_tf32(sums_6, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_7));
    tw_multiply_m16n8k8_tf32(sums_7, reinterpret_cast<unsigned*>(a_4), reinterpret_cast<unsigned*>(b_8));
  }
  const int c_base = t + subgroup_div_2 * 16384 + lane_div_4 * 512 + t_2 + t_4 + lane_mod_4 * 2;
  c[c_base] = sums[0];
  c[c_base + 1] = sums[1];
  c[c_base + 4096] = sums[2];
  c[c_base + 4097] = sums[3];
  c[c_base + 8] = sums_1[0];
  c[c_base + 9] = sums_1[1];
  c[c_base + 4104] = sums_1[2];
  c[c_base + 4105] = sums_1[3];
  c[c_base + 16] = sums_2[0];
  c[c_base + 17] = sums_2[1];
  c[c_base + 4112] = sums_2[2];
  c[c_base + 4113] = sums_2[3];
  c[c_base + 24] = sums_3[0];
  c[c_base + 25] = sums_3[1];
  c[c_base + 4120] = sums_3[2];
  c[c_base + 4121] = sums_3[3];
  c[c_base + 8192] = sums_4[0];
  c[c_base + 8193] = sums_4[1];
  c[c_base + 12288] = sums_4[2];
  c[c_base + 12289] = sums_4[3];
  c[c_base + 8200] = sums_5[0];
  c[c_base + 8201] = sums_5[1];
  c[c_base + 12296] = sums_5[2];
  c[c_base + 12297] = sums_5[3];
  c[c_base + 8208] = sums_6[0];
  c[c_base + 8209] = sums_6[1];
  c[c_base + 12304] = sums_6[2];
  c[c_base + 12305] = sums_6[3];
  c[c_base + 8216] = sums_7[0];
  c[c_base + 8217] = sums_7[1];
  c[c_base + 12312] = sums_7[2];
  c[c_base + 12313] = sums_7[3];
}
