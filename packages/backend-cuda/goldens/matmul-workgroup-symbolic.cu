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
  __shared__ __align__(16) float tileA[1024];
  __shared__ __align__(16) float tileB[1024];
  const int position = workgroup_y * 65535 + workgroup_x;
  if (position < s0) {
    float acc_0 = 0.0f;
    float acc_1 = 0.0f;
    float acc_2 = 0.0f;
    float acc_3 = 0.0f;
    float acc_4 = 0.0f;
    float acc_5 = 0.0f;
    float acc_6 = 0.0f;
    float acc_7 = 0.0f;
    float acc_8 = 0.0f;
    float acc_9 = 0.0f;
    float acc_10 = 0.0f;
    float acc_11 = 0.0f;
    float acc_12 = 0.0f;
    float acc_13 = 0.0f;
    float acc_14 = 0.0f;
    float acc_15 = 0.0f;
    float acc_16 = 0.0f;
    float acc_17 = 0.0f;
    float acc_18 = 0.0f;
    float acc_19 = 0.0f;
    float acc_20 = 0.0f;
    float acc_21 = 0.0f;
    float acc_22 = 0.0f;
    float acc_23 = 0.0f;
    float acc_24 = 0.0f;
    float acc_25 = 0.0f;
    float acc_26 = 0.0f;
    float acc_27 = 0.0f;
    float acc_28 = 0.0f;
    float acc_29 = 0.0f;
    float acc_30 = 0.0f;
    float acc_31 = 0.0f;
    float acc_32 = 0.0f;
    float acc_33 = 0.0f;
    float acc_34 = 0.0f;
    float acc_35 = 0.0f;
    float acc_36 = 0.0f;
    float acc_37 = 0.0f;
    float acc_38 = 0.0f;
    float acc_39 = 0.0f;
    float acc_40 = 0.0f;
    float acc_41 = 0.0f;
    float acc_42 = 0.0f;
    float acc_43 = 0.0f;
    float acc_44 = 0.0f;
    float acc_45 = 0.0f;
    float acc_46 = 0.0f;
    float acc_47 = 0.0f;
    float acc_48 = 0.0f;
    float acc_49 = 0.0f;
    float acc_50 = 0.0f;
    float acc_51 = 0.0f;
    float acc_52 = 0.0f;
    float acc_53 = 0.0f;
    float acc_54 = 0.0f;
    float acc_55 = 0.0f;
    float acc_56 = 0.0f;
    float acc_57 = 0.0f;
    float acc_58 = 0.0f;
    float acc_59 = 0.0f;
    float acc_60 = 0.0f;
    float acc_61 = 0.0f;
    float acc_62 = 0.0f;
    float acc_63 = 0.0f;
    float nextA_0;
    float nextA_1;
    float nextA_2;
    float nextA_3;
    float nextA_4;
    float nextA_5;
    float nextA_6;
    float nextA_7;
    float nextB_0;
    float nextB_1;
    float nextB_2;
    float nextB_3;
    float nextB_4;
    float nextB_5;
    float nextB_6;
    float nextB_7;
    const int t = s1 - 1;
    const int t_1 = (thread & 1) * 4;
    const bool inside = t_1 < s2;
    const int t_2 = tw_divide_by_size(position, s3, s4) * 64;
    const int t_3 = t_2 + (thread >> 1);
    const int a_base = t_1 + min(t_3, t) * s2;
    const float4 a_1 = inside ? *reinterpret_cast<const float4*>(&a[a_base]) : float4{};
    nextA_0 = a_1.x;
    nextA_1 = a_1.y;
    nextA_2 = a_1.z;
    nextA_3 = a_1.w;
    const int a_base_1 = t_1 + min(t_3 + 32, t) * s2;
    const float4 a_2 = inside ? *reinterpret_cast<const float4*>(&a[a_base_1]) : float4{};
    nextA_4 = a_2.x;
    nextA_5 = a_2.y;
    nextA_6 = a_2.z;
    nextA_7 = a_2.w;
    const int thread_div_16 = thread >> 4;
    const int t_4 = tw_remainder_by_size(position, s5, s3, s4) * 64;
    const int t_5 = min(t_4 + (thread & 15) * 4, s6 - 4);
    const float4 b_1 = 0 < s2 ? *reinterpret_cast<const float4*>(&b[t_5 + thread_div_16 * s6]) : float4{};
    nextB_0 = b_1.x;
    nextB_1 = b_1.y;
    nextB_2 = b_1.z;
    nextB_3 = b_1.w;
    const float4 b_2 = 4 < s2 ? *reinterpret_cast<const float4*>(&b[t_5 + (thread_div_16 + 4) * s6]) : float4{};
    nextB_4 = b_2.x;
    nextB_5 = b_2.y;
    nextB_6 = b_2.z;
    nextB_7 = b_2.w;
    const int t_6 = thread * 4;
    *reinterpret_cast<float4*>(&tileA[t_6]) = make_float4(nextA_0, nextA_1, nextA_2, nextA_3);
    const int tileA_base = t_6 + 256;
    *reinterpret_cast<float4*>(&tileA[tileA_base]) = make_float4(nextA_4, nextA_5, nextA_6, nextA_7);
    *reinterpret_cast<float4*>(&tileB[t_6]) = make_float4(nextB_0, nextB_1, nextB_2, nextB_3);
    *reinterpret_cast<float4*>(&tileB[tileA_base]) = make_float4(nextB_4, nextB_5, nextB_6, nextB_7);
    __syncthreads();
    const int thread_div_8 = thread >> 3;
    const int t_7 = thread_div_16 + 8;
    const int t_8 = thread_div_8 * 64;
    const int t_9 = (thread & 7) * 8;
    const int t_10 = t_1 + 8;
    const int a_base_2 = a_base + 8;
    const int a_base_3 = a_base_1 + 8;
    for (int k0 = 0; k0 < s7; k0++) {
      const int t_11 = k0 + 1;
      const bool inside_1 = t_11 < s7;
      if (inside_1) {
        const int t_12 = k0 * 8;
        const bool inside_2 = t_10 + t_12 < s2;
        const float4 a_3 = inside_2 ? *reinterpret_cast<const float4*>(&a[a_base_2 + t_12]) : float4{};
        nextA_0 = a_3.x;
        nextA_1 = a_3.y;
        nextA_2 = a_3.z;
        nextA_3 = a_3.w;
        const float4 a_4 = inside_2 ? *reinterpret_cast<const float4*>(&a[a_base_3 + t_12]) : float4{};
        nextA_4 = a_4.x;
        nextA_5 = a_4.y;
        nextA_6 = a_4.z;
        nextA_7 = a_4.w;
        const int t_13 = t_7 + t_12;
        const float4 b_3 = t_12 + 8 < s2 ? *reinterpret_cast<const float4*>(&b[t_5 + t_13 * s6]) : float4{};
        nextB_0 = b_3.x;
        nextB_1 = b_3.y;
        nextB_2 = b_3.z;
        nextB_3 = b_3.w;
        const float4 b_4 = t_12 + 12 < s2 ? *reinterpret_cast<const float4*>(&b[t_5 + (t_13 + 4) * s6]) : float4{};
        nextB_4 = b_4.x;
        nextB_5 = b_4.y;
        nextB_6 = b_4.z;
        nextB_7 = b_4.w;
      }
      const int t_12 = (k0 & 1) * 512;
      const int tileA_base_1 = t_8 + t_12;
      const float4 tileA_1 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1]);
      const float4 tileA_2 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 8]);
      const float4 tileA_3 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 16]);
      const float4 tileA_4 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 24]);
      const float4 tileA_5 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 32]);
      const float4 tileA_6 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 40]);
      const float4 tileA_7 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 48]);
      const float4 tileA_8 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 56]);
      const int tileB_base = t_9 + t_12;
      const float4 tileB_1 = *reinterpret_cast<const float4*>(&tileB[tileB_base]);
      const float4 tileB_2 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 4]);
      const float4 tileB_3 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 64]);
      const float4 tileB_4 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 68]);
      const float4 tileB_5 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 128]);
      const float4 tileB_6 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 132]);
      const float4 tileB_7 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 192]);
      const float4 tileB_8 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 196]);
      acc_0 = acc_0 + tileA_1.x * tileB_1.x + tileA_1.y * tileB_3.x + tileA_1.z * tileB_5.x + tileA_1.w * tileB_7.x;
      acc_1 = acc_1 + tileA_1.x * tileB_1.y + tileA_1.y * tileB_3.y + tileA_1.z * tileB_5.y + tileA_1.w * tileB_7.y;
      acc_2 = acc_2 + tileA_1.x * tileB_1.z + tileA_1.y * tileB_3.z + tileA_1.z * tileB_5.z + tileA_1.w * tileB_7.z;
      acc_3 = acc_3 + tileA_1.x * tileB_1.w + tileA_1.y * tileB_3.w + tileA_1.z * tileB_5.w + tileA_1.w * tileB_7.w;
      acc_4 = acc_4 + tileA_1.x * tileB_2.x + tileA_1.y * tileB_4.x + tileA_1.z * tileB_6.x + tileA_1.w * tileB_8.x;
      acc_5 = acc_5 + tileA_1.x * tileB_2.y + tileA_1.y * tileB_4.y + tileA_1.z * tileB_6.y + tileA_1.w * tileB_8.y;
      acc_6 = acc_6 + tileA_1.x * tileB_2.z + tileA_1.y * tileB_4.z + tileA_1.z * tileB_6.z + tileA_1.w * tileB_8.z;
      acc_7 = acc_7 + tileA_1.x * tileB_2.w + tileA_1.y * tileB_4.w + tileA_1.z * tileB_6.w + tileA_1.w * tileB_8.w;
      acc_8 = acc_8 + tileA_2.x * tileB_1.x + tileA_2.y * tileB_3.x + tileA_2.z * tileB_5.x + tileA_2.w * tileB_7.x;
      acc_9 = acc_9 + tileA_2.x * tileB_1.y + tileA_2.y * tileB_3.y + tileA_2.z * tileB_5.y + tileA_2.w * tileB_7.y;
      acc_10 = acc_10 + tileA_2.x * tileB_1.z + tileA_2.y * tileB_3.z + tileA_2.z * tileB_5.z + tileA_2.w * tileB_7.z;
      acc_11 = acc_11 + tileA_2.x * tileB_1.w + tileA_2.y * tileB_3.w + tileA_2.z * tileB_5.w + tileA_2.w * tileB_7.w;
      acc_12 = acc_12 + tileA_2.x * tileB_2.x + tileA_2.y * tileB_4.x + tileA_2.z * tileB_6.x + tileA_2.w * tileB_8.x;
      acc_13 = acc_13 + tileA_2.x * tileB_2.y + tileA_2.y * tileB_4.y + tileA_2.z * tileB_6.y + tileA_2.w * tileB_8.y;
      acc_14 = acc_14 + tileA_2.x * tileB_2.z + tileA_2.y * tileB_4.z + tileA_2.z * tileB_6.z + tileA_2.w * tileB_8.z;
      acc_15 = acc_15 + tileA_2.x * tileB_2.w + tileA_2.y * tileB_4.w + tileA_2.z * tileB_6.w + tileA_2.w * tileB_8.w;
      acc_16 = acc_16 + tileA_3.x * tileB_1.x + tileA_3.y * tileB_3.x + tileA_3.z * tileB_5.x + tileA_3.w * tileB_7.x;
      acc_17 = acc_17 + tileA_3.x * tileB_1.y + tileA_3.y * tileB_3.y + tileA_3.z * tileB_5.y + tileA_3.w * tileB_7.y;
      acc_18 = acc_18 + tileA_3.x * tileB_1.z + tileA_3.y * tileB_3.z + tileA_3.z * tileB_5.z + tileA_3.w * tileB_7.z;
      acc_19 = acc_19 + tileA_3.x * tileB_1.w + tileA_3.y * tileB_3.w + tileA_3.z * tileB_5.w + tileA_3.w * tileB_7.w;
      acc_20 = acc_20 + tileA_3.x * tileB_2.x + tileA_3.y * tileB_4.x + tileA_3.z * tileB_6.x + tileA_3.w * tileB_8.x;
      acc_21 = acc_21 + tileA_3.x * tileB_2.y + tileA_3.y * tileB_4.y + tileA_3.z * tileB_6.y + tileA_3.w * tileB_8.y;
      acc_22 = acc_22 + tileA_3.x * tileB_2.z + tileA_3.y * tileB_4.z + tileA_3.z * tileB_6.z + tileA_3.w * tileB_8.z;
      acc_23 = acc_23 + tileA_3.x * tileB_2.w + tileA_3.y * tileB_4.w + tileA_3.z * tileB_6.w + tileA_3.w * tileB_8.w;
      acc_24 = acc_24 + tileA_4.x * tileB_1.x + tileA_4.y * tileB_3.x + tileA_4.z * tileB_5.x + tileA_4.w * tileB_7.x;
      acc_25 = acc_25 + tileA_4.x * tileB_1.y + tileA_4.y * tileB_3.y + tileA_4.z * tileB_5.y + tileA_4.w * tileB_7.y;
      acc_26 = acc_26 + tileA_4.x * tileB_1.z + tileA_4.y * tileB_3.z + tileA_4.z * tileB_5.z + tileA_4.w * tileB_7.z;
      acc_27 = acc_27 + tileA_4.x * tileB_1.w + tileA_4.y * tileB_3.w + tileA_4.z * tileB_5.w + tileA_4.w * tileB_7.w;
      acc_28 = acc_28 + tileA_4.x * tileB_2.x + tileA_4.y * tileB_4.x + tileA_4.z * tileB_6.x + tileA_4.w * tileB_8.x;
      acc_29 = acc_29 + tileA_4.x * tileB_2.y + tileA_4.y * tileB_4.y + tileA_4.z * tileB_6.y + tileA_4.w * tileB_8.y;
      acc_30 = acc_30 + tileA_4.x * tileB_2.z + tileA_4.y * tileB_4.z + tileA_4.z * tileB_6.z + tileA_4.w * tileB_8.z;
      acc_31 = acc_31 + tileA_4.x * tileB_2.w + tileA_4.y * tileB_4.w + tileA_4.z * tileB_6.w + tileA_4.w * tileB_8.w;
      acc_32 = acc_32 + tileA_5.x * tileB_1.x + tileA_5.y * tileB_3.x + tileA_5.z * tileB_5.x + tileA_5.w * tileB_7.x;
      acc_33 = acc_33 + tileA_5.x * tileB_1.y + tileA_5.y * tileB_3.y + tileA_5.z * tileB_5.y + tileA_5.w * tileB_7.y;
      acc_34 = acc_34 + tileA_5.x * tileB_1.z + tileA_5.y * tileB_3.z + tileA_5.z * tileB_5.z + tileA_5.w * tileB_7.z;
      acc_35 = acc_35 + tileA_5.x * tileB_1.w + tileA_5.y * tileB_3.w + tileA_5.z * tileB_5.w + tileA_5.w * tileB_7.w;
      acc_36 = acc_36 + tileA_5.x * tileB_2.x + tileA_5.y * tileB_4.x + tileA_5.z * tileB_6.x + tileA_5.w * tileB_8.x;
      acc_37 = acc_37 + tileA_5.x * tileB_2.y + tileA_5.y * tileB_4.y + tileA_5.z * tileB_6.y + tileA_5.w * tileB_8.y;
      acc_38 = acc_38 + tileA_5.x * tileB_2.z + tileA_5.y * tileB_4.z + tileA_5.z * tileB_6.z + tileA_5.w * tileB_8.z;
      acc_39 = acc_39 + tileA_5.x * tileB_2.w + tileA_5.y * tileB_4.w + tileA_5.z * tileB_6.w + tileA_5.w * tileB_8.w;
      acc_40 = acc_40 + tileA_6.x * tileB_1.x + tileA_6.y * tileB_3.x + tileA_6.z * tileB_5.x + tileA_6.w * tileB_7.x;
      acc_41 = acc_41 + tileA_6.x * tileB_1.y + tileA_6.y * tileB_3.y + tileA_6.z * tileB_5.y + tileA_6.w * tileB_7.y;
      acc_42 = acc_42 + tileA_6.x * tileB_1.z + tileA_6.y * tileB_3.z + tileA_6.z * tileB_5.z + tileA_6.w * tileB_7.z;
      acc_43 = acc_43 + tileA_6.x * tileB_1.w + tileA_6.y * tileB_3.w + tileA_6.z * tileB_5.w + tileA_6.w * tileB_7.w;
      acc_44 = acc_44 + tileA_6.x * tileB_2.x + tileA_6.y * tileB_4.x + tileA_6.z * tileB_6.x + tileA_6.w * tileB_8.x;
      acc_45 = acc_45 + tileA_6.x * tileB_2.y + tileA_6.y * tileB_4.y + tileA_6.z * tileB_6.y + tileA_6.w * tileB_8.y;
      acc_46 = acc_46 + tileA_6.x * tileB_2.z + tileA_6.y * tileB_4.z + tileA_6.z * tileB_6.z + tileA_6.w * tileB_8.z;
      acc_47 = acc_47 + tileA_6.x * tileB_2.w + tileA_6.y * tileB_4.w + tileA_6.z * tileB_6.w + tileA_6.w * tileB_8.w;
      acc_48 = acc_48 + tileA_7.x * tileB_1.x + tileA_7.y * tileB_3.x + tileA_7.z * tileB_5.x + tileA_7.w * tileB_7.x;
      acc_49 = acc_49 + tileA_7.x * tileB_1.y + tileA_7.y * tileB_3.y + tileA_7.z * tileB_5.y + tileA_7.w * tileB_7.y;
      acc_50 = acc_50 + tileA_7.x * tileB_1.z + tileA_7.y * tileB_3.z + tileA_7.z * tileB_5.z + tileA_7.w * tileB_7.z;
      acc_51 = acc_51 + tileA_7.x * tileB_1.w + tileA_7.y * tileB_3.w + tileA_7.z * tileB_5.w + tileA_7.w * tileB_7.w;
      acc_52 = acc_52 + tileA_7.x * tileB_2.x + tileA_7.y * tileB_4.x + tileA_7.z * tileB_6.x + tileA_7.w * tileB_8.x;
      acc_53 = acc_53 + tileA_7.x * tileB_2.y + tileA_7.y * tileB_4.y + tileA_7.z * tileB_6.y + tileA_7.w * tileB_8.y;
      acc_54 = acc_54 + tileA_7.x * tileB_2.z + tileA_7.y * tileB_4.z + tileA_7.z * tileB_6.z + tileA_7.w * tileB_8.z;
      acc_55 = acc_55 + tileA_7.x * tileB_2.w + tileA_7.y * tileB_4.w + tileA_7.z * tileB_6.w + tileA_7.w * tileB_8.w;
      acc_56 = acc_56 + tileA_8.x * tileB_1.x + tileA_8.y * tileB_3.x + tileA_8.z * tileB_5.x + tileA_8.w * tileB_7.x;
      acc_57 = acc_57 + tileA_8.x * tileB_1.y + tileA_8.y * tileB_3.y + tileA_8.z * tileB_5.y + tileA_8.w * tileB_7.y;
      acc_58 = acc_58 + tileA_8.x * tileB_1.z + tileA_8.y * tileB_3.z + tileA_8.z * tileB_5.z + tileA_8.w * tileB_7.z;
      acc_59 = acc_59 + tileA_8.x * tileB_1.w + tileA_8.y * tileB_3.w + tileA_8.z * tileB_5.w + tileA_8.w * tileB_7.w;
      acc_60 = acc_60 + tileA_8.x * tileB_2.x + tileA_8.y * tileB_4.x + tileA_8.z * tileB_6.x + tileA_8.w * tileB_8.x;
      acc_61 = acc_61 + tileA_8.x * tileB_2.y + tileA_8.y * tileB_4.y + tileA_8.z * tileB_6.y + tileA_8.w * tileB_8.y;
      acc_62 = acc_62 + tileA_8.x * tileB_2.z + tileA_8.y * tileB_4.z + tileA_8.z * tileB_6.z + tileA_8.w * tileB_8.z;
      acc_63 = acc_63 + tileA_8.x * tileB_2.w + tileA_8.y * tileB_4.w + tileA_8.z * tileB_6.w + tileA_8.w * tileB_8.w;
      const float4 tileA_9 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 4]);
      const float4 tileA_10 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 12]);
      const float4 tileA_11 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 20]);
      const float4 tileA_12 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 28]);
      const float4 tileA_13 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 36]);
      const float4 tileA_14 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 44]);
      const float4 tileA_15 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 52]);
      const float4 tileA_16 = *reinterpret_cast<const float4*>(&tileA[tileA_base_1 + 60]);
      const float4 tileB_9 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 256]);
      const float4 tileB_10 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 260]);
      const float4 tileB_11 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 320]);
      const float4 tileB_12 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 324]);
      const float4 tileB_13 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 384]);
      const float4 tileB_14 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 388]);
      const float4 tileB_15 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 448]);
      const float4 tileB_16 = *reinterpret_cast<const float4*>(&tileB[tileB_base + 452]);
      acc_0 = acc_0 + tileA_9.x * tileB_9.x + tileA_9.y * tileB_11.x + tileA_9.z * tileB_13.x + tileA_9.w * tileB_15.x;
      acc_1 = acc_1 + tileA_9.x * tileB_9.y + tileA_9.y * tileB_11.y + tileA_9.z * tileB_13.y + tileA_9.w * tileB_15.y;
      acc_2 = acc_2 + tileA_9.x * tileB_9.z + tileA_9.y * tileB_11.z + tileA_9.z * tileB_13.z + tileA_9.w * tileB_15.z;
      acc_3 = acc_3 + tileA_9.x * tileB_9.w + tileA_9.y * tileB_11.w + tileA_9.z * tileB_13.w + tileA_9.w * tileB_15.w;
      acc_4 = acc_4 + tileA_9.x * tileB_10.x + tileA_9.y * tileB_12.x + tileA_9.z * tileB_14.x + tileA_9.w * tileB_16.x;
      acc_5 = acc_5 + tileA_9.x * tileB_10.y + tileA_9.y * tileB_12.y + tileA_9.z * tileB_14.y + tileA_9.w * tileB_16.y;
      acc_6 = acc_6 + tileA_9.x * tileB_10.z + tileA_9.y * tileB_12.z + tileA_9.z * tileB_14.z + tileA_9.w * tileB_16.z;
      acc_7 = acc_7 + tileA_9.x * tileB_10.w + tileA_9.y * tileB_12.w + tileA_9.z * tileB_14.w + tileA_9.w * tileB_16.w;
      acc_8 = acc_8 + tileA_10.x * tileB_9.x + tileA_10.y * tileB_11.x + tileA_10.z * tileB_13.x + tileA_10.w * tileB_15.x;
      acc_9 = acc_9 + tileA_10.x * tileB_9.y + tileA_10.y * tileB_11.y + tileA_10.z * tileB_13.y + tileA_10.w * tileB_15.y;
      acc_10 = acc_10 + tileA_10.x * tileB_9.z + tileA_10.y * tileB_11.z + tileA_10.z * tileB_13.z + tileA_10.w * tileB_15.z;
      acc_11 = acc_11 + tileA_10.x * tileB_9.w + tileA_10.y * tileB_11.w + tileA_10.z * tileB_13.w + tileA_10.w * tileB_15.w;
      acc_12 = acc_12 + tileA_10.x * tileB_10.x + tileA_10.y * tileB_12.x + tileA_10.z * tileB_14.x + tileA_10.w * tileB_16.x;
      acc_13 = acc_13 + tileA_10.x * tileB_10.y + tileA_10.y * tileB_12.y + tileA_10.z * tileB_14.y + tileA_10.w * tileB_16.y;
      acc_14 = acc_14 + tileA_10.x * tileB_10.z + tileA_10.y * tileB_12.z + tileA_10.z * tileB_14.z + tileA_10.w * tileB_16.z;
      acc_15 = acc_15 + tileA_10.x * tileB_10.w + tileA_10.y * tileB_12.w + tileA_10.z * tileB_14.w + tileA_10.w * tileB_16.w;
      acc_16 = acc_16 + tileA_11.x * tileB_9.x + tileA_11.y * tileB_11.x + tileA_11.z * tileB_13.x + tileA_11.w * tileB_15.x;
      acc_17 = acc_17 + tileA_11.x * tileB_9.y + tileA_11.y * tileB_11.y + tileA_11.z * tileB_13.y + tileA_11.w * tileB_15.y;
      acc_18 = acc_18 + tileA_11.x * tileB_9.z + tileA_11.y * tileB_11.z + tileA_11.z * tileB_13.z + tileA_11.w * tileB_15.z;
      acc_19 = acc_19 + tileA_11.x * tileB_9.w + tileA_11.y * tileB_11.w + tileA_11.z * tileB_13.w + tileA_11.w * tileB_15.w;
      acc_20 = acc_20 + tileA_11.x * tileB_10.x + tileA_11.y * tileB_12.x + tileA_11.z * tileB_14.x + tileA_11.w * tileB_16.x;
      acc_21 = acc_21 + tileA_11.x * tileB_10.y + tileA_11.y * tileB_12.y + tileA_11.z * tileB_14.y + tileA_11.w * tileB_16.y;
      acc_22 = acc_22 + tileA_11.x * tileB_10.z + tileA_11.y * tileB_12.z + tileA_11.z * tileB_14.z + tileA_11.w * tileB_16.z;
      acc_23 = acc_23 + tileA_11.x * tileB_10.w + tileA_11.y * tileB_12.w + tileA_11.z * tileB_14.w + tileA_11.w * tileB_16.w;
      acc_24 = acc_24 + tileA_12.x * tileB_9.x + tileA_12.y * tileB_11.x + tileA_12.z * tileB_13.x + tileA_12.w * tileB_15.x;
      acc_25 = acc_25 + tileA_12.x * tileB_9.y + tileA_12.y * tileB_11.y + tileA_12.z * tileB_13.y + tileA_12.w * tileB_15.y;
      acc_26 = acc_26 + tileA_12.x * tileB_9.z + tileA_12.y * tileB_11.z + tileA_12.z * tileB_13.z + tileA_12.w * tileB_15.z;
      acc_27 = acc_27 + tileA_12.x * tileB_9.w + tileA_12.y * tileB_11.w + tileA_12.z * tileB_13.w + tileA_12.w * tileB_15.w;
      acc_28 = acc_28 + tileA_12.x * tileB_10.x + tileA_12.y * tileB_12.x + tileA_12.z * tileB_14.x + tileA_12.w * tileB_16.x;
      acc_29 = acc_29 + tileA_12.x * tileB_10.y + tileA_12.y * tileB_12.y + tileA_12.z * tileB_14.y + tileA_12.w * tileB_16.y;
      acc_30 = acc_30 + tileA_12.x * tileB_10.z + tileA_12.y * tileB_12.z + tileA_12.z * tileB_14.z + tileA_12.w * tileB_16.z;
      acc_31 = acc_31 + tileA_12.x * tileB_10.w + tileA_12.y * tileB_12.w + tileA_12.z * tileB_14.w + tileA_12.w * tileB_16.w;
      acc_32 = acc_32 + tileA_13.x * tileB_9.x + tileA_13.y * tileB_11.x + tileA_13.z * tileB_13.x + tileA_13.w * tileB_15.x;
      acc_33 = acc_33 + tileA_13.x * tileB_9.y + tileA_13.y * tileB_11.y + tileA_13.z * tileB_13.y + tileA_13.w * tileB_15.y;
      acc_34 = acc_34 + tileA_13.x * tileB_9.z + tileA_13.y * tileB_11.z + tileA_13.z * tileB_13.z + tileA_13.w * tileB_15.z;
      acc_35 = acc_35 + tileA_13.x * tileB_9.w + tileA_13.y * tileB_11.w + tileA_13.z * tileB_13.w + tileA_13.w * tileB_15.w;
      acc_36 = acc_36 + tileA_13.x * tileB_10.x + tileA_13.y * tileB_12.x + tileA_13.z * tileB_14.x + tileA_13.w * tileB_16.x;
      acc_37 = acc_37 + tileA_13.x * tileB_10.y + tileA_13.y * tileB_12.y + tileA_13.z * tileB_14.y + tileA_13.w * tileB_16.y;
      acc_38 = acc_38 + tileA_13.x * tileB_10.z + tileA_13.y * tileB_12.z + tileA_13.z * tileB_14.z + tileA_13.w * tileB_16.z;
      acc_39 = acc_39 + tileA_13.x * tileB_10.w + tileA_13.y * tileB_12.w + tileA_13.z * tileB_14.w + tileA_13.w * tileB_16.w;
      acc_40 = acc_40 + tileA_14.x * tileB_9.x + tileA_14.y * tileB_11.x + tileA_14.z * tileB_13.x + tileA_14.w * tileB_15.x;
      acc_41 = acc_41 + tileA_14.x * tileB_9.y + tileA_14.y * tileB_11.y + tileA_14.z * tileB_13.y + tileA_14.w * tileB_15.y;
      acc_42 = acc_42 + tileA_14.x * tileB_9.z + tileA_14.y * tileB_11.z + tileA_14.z * tileB_13.z + tileA_14.w * tileB_15.z;
      acc_43 = acc_43 + tileA_14.x * tileB_9.w + tileA_14.y * tileB_11.w + tileA_14.z * tileB_13.w + tileA_14.w * tileB_15.w;
      acc_44 = acc_44 + tileA_14.x * tileB_10.x + tileA_14.y * tileB_12.x + tileA_14.z * tileB_14.x + tileA_14.w * tileB_16.x;
      acc_45 = acc_45 + tileA_14.x * tileB_10.y + tileA_14.y * tileB_12.y + tileA_14.z * tileB_14.y + tileA_14.w * tileB_16.y;
      acc_46 = acc_46 + tileA_14.x * tileB_10.z + tileA_14.y * tileB_12.z + tileA_14.z * tileB_14.z + tileA_14.w * tileB_16.z;
      acc_47 = acc_47 + tileA_14.x * tileB_10.w + tileA_14.y * tileB_12.w + tileA_14.z * tileB_14.w + tileA_14.w * tileB_16.w;
      acc_48 = acc_48 + tileA_15.x * tileB_9.x + tileA_15.y * tileB_11.x + tileA_15.z * tileB_13.x + tileA_15.w * tileB_15.x;
      acc_49 = acc_49 + tileA_15.x * tileB_9.y + tileA_15.y * tileB_11.y + tileA_15.z * tileB_13.y + tileA_15.w * tileB_15.y;
      acc_50 = acc_50 + tileA_15.x * tileB_9.z + tileA_15.y * tileB_11.z + tileA_15.z * tileB_13.z + tileA_15.w * tileB_15.z;
      acc_51 = acc_51 + tileA_15.x * tileB_9.w + tileA_15.y * tileB_11.w + tileA_15.z * tileB_13.w + tileA_15.w * tileB_15.w;
      acc_52 = acc_52 + tileA_15.x * tileB_10.x + tileA_15.y * tileB_12.x + tileA_15.z * tileB_14.x + tileA_15.w * tileB_16.x;
      acc_53 = acc_53 + tileA_15.x * tileB_10.y + tileA_15.y * tileB_12.y + tileA_15.z * tileB_14.y + tileA_15.w * tileB_16.y;
      acc_54 = acc_54 + tileA_15.x * tileB_10.z + tileA_15.y * tileB_12.z + tileA_15.z * tileB_14.z + tileA_15.w * tileB_16.z;
      acc_55 = acc_55 + tileA_15.x * tileB_10.w + tileA_15.y * tileB_12.w + tileA_15.z * tileB_14.w + tileA_15.w * tileB_16.w;
      acc_56 = acc_56 + tileA_16.x * tileB_9.x + tileA_16.y * tileB_11.x + tileA_16.z * tileB_13.x + tileA_16.w * tileB_15.x;
      acc_57 = acc_57 + tileA_16.x * tileB_9.y + tileA_16.y * tileB_11.y + tileA_16.z * tileB_13.y + tileA_16.w * tileB_15.y;
      acc_58 = acc_58 + tileA_16.x * tileB_9.z + tileA_16.y * tileB_11.z + tileA_16.z * tileB_13.z + tileA_16.w * tileB_15.z;
      acc_59 = acc_59 + tileA_16.x * tileB_9.w + tileA_16.y * tileB_11.w + tileA_16.z * tileB_13.w + tileA_16.w * tileB_15.w;
      acc_60 = acc_60 + tileA_16.x * tileB_10.x + tileA_16.y * tileB_12.x + tileA_16.z * tileB_14.x + tileA_16.w * tileB_16.x;
      acc_61 = acc_61 + tileA_16.x * tileB_10.y + tileA_16.y * tileB_12.y + tileA_16.z * tileB_14.y + tileA_16.w * tileB_16.y;
      acc_62 = acc_62 + tileA_16.x * tileB_10.z + tileA_16.y * tileB_12.z + tileA_16.z * tileB_14.z + tileA_16.w * tileB_16.z;
      acc_63 = acc_63 + tileA_16.x * tileB_10.w + tileA_16.y * tileB_12.w + tileA_16.z * tileB_14.w + tileA_16.w * tileB_16.w;
      if (inside_1) {
        const int tileA_base_2 = t_6 + (t_11 & 1) * 512;
        *reinterpret_cast<float4*>(&tileA[tileA_base_2]) = make_float4(nextA_0, nextA_1, nextA_2, nextA_3);
        const int tileA_base_3 = tileA_base_2 + 256;
        *reinterpret_cast<float4*>(&tileA[tileA_base_3]) = make_float4(nextA_4, nextA_5, nextA_6, nextA_7);
        *reinterpret_cast<float4*>(&tileB[tileA_base_2]) = make_float4(nextB_0, nextB_1, nextB_2, nextB_3);
        *reinterpret_cast<float4*>(&tileB[tileA_base_3]) = make_float4(nextB_4, nextB_5, nextB_6, nextB_7);
      }
      __syncthreads();
    }
    const int t_11 = t_2 + thread_div_8 * 8;
    const int c_base = t_4 + t_9;
    const bool inside_1 = t_11 < s1;
    const bool inside_2 = c_base < s6;
    const int c_base_1 = c_base + t_11 * s6;
    if (inside_1 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_1]) = make_float4(acc_0, acc_1, acc_2, acc_3);
    }
    const bool inside_3 = c_base + 4 < s6;
    if (inside_1 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_1 + 4]) = make_float4(acc_4, acc_5, acc_6, acc_7);
    }
    const int t_12 = t_11 + 1;
    const bool inside_4 = t_12 < s1;
    const int c_base_2 = c_base + t_12 * s6;
    if (inside_4 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_2]) = make_float4(acc_8, acc_9, acc_10, acc_11);
    }
    if (inside_4 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_2 + 4]) = make_float4(acc_12, acc_13, acc_14, acc_15);
    }
    const int t_13 = t_11 + 2;
    const bool inside_5 = t_13 < s1;
    const int c_base_3 = c_base + t_13 * s6;
    if (inside_5 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_3]) = make_float4(acc_16, acc_17, acc_18, acc_19);
    }
    if (inside_5 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_3 + 4]) = make_float4(acc_20, acc_21, acc_22, acc_23);
    }
    const int t_14 = t_11 + 3;
    const bool inside_6 = t_14 < s1;
    const int c_base_4 = c_base + t_14 * s6;
    if (inside_6 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_4]) = make_float4(acc_24, acc_25, acc_26, acc_27);
    }
    if (inside_6 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_4 + 4]) = make_float4(acc_28, acc_29, acc_30, acc_31);
    }
    const int t_15 = t_11 + 4;
    const bool inside_7 = t_15 < s1;
    const int c_base_5 = c_base + t_15 * s6;
    if (inside_7 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_5]) = make_float4(acc_32, acc_33, acc_34, acc_35);
    }
    if (inside_7 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_5 + 4]) = make_float4(acc_36, acc_37, acc_38, acc_39);
    }
    const int t_16 = t_11 + 5;
    const bool inside_8 = t_16 < s1;
    const int c_base_6 = c_base + t_16 * s6;
    if (inside_8 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_6]) = make_float4(acc_40, acc_41, acc_42, acc_43);
    }
    if (inside_8 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_6 + 4]) = make_float4(acc_44, acc_45, acc_46, acc_47);
    }
    const int t_17 = t_11 + 6;
    const bool inside_9 = t_17 < s1;
    const int c_base_7 = c_base + t_17 * s6;
    if (inside_9 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_7]) = make_float4(acc_48, acc_49, acc_50, acc_51);
    }
    if (inside_9 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_7 + 4]) = make_float4(acc_52, acc_53, acc_54, acc_55);
    }
    const int t_18 = t_11 + 7;
    const bool inside_10 = t_18 < s1;
    const int c_base_8 = c_base + t_18 * s6;
    if (inside_10 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_8]) = make_float4(acc_56, acc_57, acc_58, acc_59);
    }
    if (inside_10 && inside_3) {
      *reinterpret_cast<float4*>(&c[c_base_8 + 4]) = make_float4(acc_60, acc_61, acc_62, acc_63);
    }
  }
}
