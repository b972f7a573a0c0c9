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
    const int t = s1 - 1;
    const int t_1 = s2 - 4;
    const int t_2 = tw_divide_by_size(position, s3, s4) * 64 + (thread >> 3) * 8;
    const int c_base = tw_remainder_by_size(position, s5, s3, s4) * 64 + (thread & 7) * 8;
    const int t_3 = t_2 + 1;
    const int t_4 = t_2 + 2;
    const int t_5 = t_2 + 3;
    const int t_6 = t_2 + 4;
    const int t_7 = t_2 + 5;
    const int t_8 = t_2 + 6;
    const int t_9 = t_2 + 7;
    const int t_10 = min(c_base, t_1);
    const int t_11 = c_base + 4;
    const int t_12 = min(t_2, t) * s6;
    const int t_13 = min(t_11, t_1);
    const int t_14 = min(t_3, t) * s6;
    const int t_15 = min(t_4, t) * s6;
    const int t_16 = min(t_5, t) * s6;
    const int t_17 = min(t_6, t) * s6;
    const int t_18 = min(t_7, t) * s6;
    const int t_19 = min(t_8, t) * s6;
    const int t_20 = min(t_9, t) * s6;
    for (int k0 = 0; k0 < s7; k0++) {
      const int t_21 = k0 * 4;
      const float4 a_1 = *reinterpret_cast<const float4*>(&a[t_12 + t_21]);
      const float4 a_2 = *reinterpret_cast<const float4*>(&a[t_14 + t_21]);
      const float4 a_3 = *reinterpret_cast<const float4*>(&a[t_15 + t_21]);
      const float4 a_4 = *reinterpret_cast<const float4*>(&a[t_16 + t_21]);
      const float4 a_5 = *reinterpret_cast<const float4*>(&a[t_17 + t_21]);
      const float4 a_6 = *reinterpret_cast<const float4*>(&a[t_18 + t_21]);
      const float4 a_7 = *reinterpret_cast<const float4*>(&a[t_19 + t_21]);
      const float4 a_8 = *reinterpret_cast<const float4*>(&a[t_20 + t_21]);
      const int t_22 = k0 * s2 * 4;
      const float4 b_1 = *reinterpret_cast<const float4*>(&b[t_10 + t_22]);
      const float4 b_2 = *reinterpret_cast<const float4*>(&b[t_13 + t_22]);
      const int t_23 = (t_21 + 1) * s2;
      const float4 b_3 = *reinterpret_cast<const float4*>(&b[t_10 + t_23]);
      const float4 b_4 = *reinterpret_cast<const float4*>(&b[t_13 + t_23]);
      const int t_24 = (t_21 + 2) * s2;
      const float4 b_5 = *reinterpret_cast<const float4*>(&b[t_10 + t_24]);
      const float4 b_6 = *reinterpret_cast<const float4*>(&b[t_13 + t_24]);
      const int t_25 = (t_21 + 3) * s2;
      const float4 b_7 = *reinterpret_cast<const float4*>(&b[t_10 + t_25]);
      const float4 b_8 = *reinterpret_cast<const float4*>(&b[t_13 + t_25]);
      acc_0 = acc_0 + a_1.x * b_1.x + a_1.y * b_3.x + a_1.z * b_5.x + a_1.w * b_7.x;
      acc_1 = acc_1 + a_1.x * b_1.y + a_1.y * b_3.y + a_1.z * b_5.y + a_1.w * b_7.y;
      acc_2 = acc_2 + a_1.x * b_1.z + a_1.y * b_3.z + a_1.z * b_5.z + a_1.w * b_7.z;
      acc_3 = acc_3 + a_1.x * b_1.w + a_1.y * b_3.w + a_1.z * b_5.w + a_1.w * b_7.w;
      acc_4 = acc_4 + a_1.x * b_2.x + a_1.y * b_4.x + a_1.z * b_6.x + a_1.w * b_8.x;
      acc_5 = acc_5 + a_1.x * b_2.y + a_1.y * b_4.y + a_1.z * b_6.y + a_1.w * b_8.y;
      acc_6 = acc_6 + a_1.x * b_2.z + a_1.y * b_4.z + a_1.z * b_6.z + a_1.w * b_8.z;
      acc_7 = acc_7 + a_1.x * b_2.w + a_1.y * b_4.w + a_1.z * b_6.w + a_1.w * b_8.w;
      acc_8 = acc_8 + a_2.x * b_1.x + a_2.y * b_3.x + a_2.z * b_5.x + a_2.w * b_7.x;
      acc_9 = acc_9 + a_2.x * b_1.y + a_2.y * b_3.y + a_2.z * b_5.y + a_2.w * b_7.y;
      acc_10 = acc_10 + a_2.x * b_1.z + a_2.y * b_3.z + a_2.z * b_5.z + a_2.w * b_7.z;
      acc_11 = acc_11 + a_2.x * b_1.w + a_2.y * b_3.w + a_2.z * b_5.w + a_2.w * b_7.w;
      acc_12 = acc_12 + a_2.x * b_2.x + a_2.y * b_4.x + a_2.z * b_6.x + a_2.w * b_8.x;
      acc_13 = acc_13 + a_2.x * b_2.y + a_2.y * b_4.y + a_2.z * b_6.y + a_2.w * b_8.y;
      acc_14 = acc_14 + a_2.x * b_2.z + a_2.y * b_4.z + a_2.z * b_6.z + a_2.w * b_8.z;
      acc_15 = acc_15 + a_2.x * b_2.w + a_2.y * b_4.w + a_2.z * b_6.w + a_2.w * b_8.w;
      acc_16 = acc_16 + a_3.x * b_1.x + a_3.y * b_3.x + a_3.z * b_5.x + a_3.w * b_7.x;
      acc_17 = acc_17 + a_3.x * b_1.y + a_3.y * b_3.y + a_3.z * b_5.y + a_3.w * b_7.y;
      acc_18 = acc_18 + a_3.x * b_1.z + a_3.y * b_3.z + a_3.z * b_5.z + a_3.w * b_7.z;
      acc_19 = acc_19 + a_3.x * b_1.w + a_3.y * b_3.w + a_3.z * b_5.w + a_3.w * b_7.w;
      acc_20 = acc_20 + a_3.x * b_2.x + a_3.y * b_4.x + a_3.z * b_6.x + a_3.w * b_8.x;
      acc_21 = acc_21 + a_3.x * b_2.y + a_3.y * b_4.y + a_3.z * b_6.y + a_3.w * b_8.y;
      acc_22 = acc_22 + a_3.x * b_2.z + a_3.y * b_4.z + a_3.z * b_6.z + a_3.w * b_8.z;
      acc_23 = acc_23 + a_3.x * b_2.w + a_3.y * b_4.w + a_3.z * b_6.w + a_3.w * b_8.w;
      acc_24 = acc_24 + a_4.x * b_1.x + a_4.y * b_3.x + a_4.z * b_5.x + a_4.w * b_7.x;
      acc_25 = acc_25 + a_4.x * b_1.y + a_4.y * b_3.y + a_4.z * b_5.y + a_4.w * b_7.y;
      acc_26 = acc_26 + a_4.x * b_1.z + a_4.y * b_3.z + a_4.z * b_5.z + a_4.w * b_7.z;
      acc_27 = acc_27 + a_4.x * b_1.w + a_4.y * b_3.w + a_4.z * b_5.w + a_4.w * b_7.w;
      acc_28 = acc_28 + a_4.x * b_2.x + a_4.y * b_4.x + a_4.z * b_6.x + a_4.w * b_8.x;
      acc_29 = acc_29 + a_4.x * b_2.y + a_4.y * b_4.y + a_4.z * b_6.y + a_4.w * b_8.y;
      acc_30 = acc_30 + a_4.x * b_2.z + a_4.y * b_4.z + a_4.z * b_6.z + a_4.w * b_8.z;
      acc_31 = acc_31 + a_4.x * b_2.w + a_4.y * b_4.w + a_4.z * b_6.w + a_4.w * b_8.w;
      acc_32 = acc_32 + a_5.x * b_1.x + a_5.y * b_3.x + a_5.z * b_5.x + a_5.w * b_7.x;
      acc_33 = acc_33 + a_5.x * b_1.y + a_5.y * b_3.y + a_5.z * b_5.y + a_5.w * b_7.y;
      acc_34 = acc_34 + a_5.x * b_1.z + a_5.y * b_3.z + a_5.z * b_5.z + a_5.w * b_7.z;
      acc_35 = acc_35 + a_5.x * b_1.w + a_5.y * b_3.w + a_5.z * b_5.w + a_5.w * b_7.w;
      acc_36 = acc_36 + a_5.x * b_2.x + a_5.y * b_4.x + a_5.z * b_6.x + a_5.w * b_8.x;
      acc_37 = acc_37 + a_5.x * b_2.y + a_5.y * b_4.y + a_5.z * b_6.y + a_5.w * b_8.y;
      acc_38 = acc_38 + a_5.x * b_2.z + a_5.y * b_4.z + a_5.z * b_6.z + a_5.w * b_8.z;
      acc_39 = acc_39 + a_5.x * b_2.w + a_5.y * b_4.w + a_5.z * b_6.w + a_5.w * b_8.w;
      acc_40 = acc_40 + a_6.x * b_1.x + a_6.y * b_3.x + a_6.z * b_5.x + a_6.w * b_7.x;
      acc_41 = acc_41 + a_6.x * b_1.y + a_6.y * b_3.y + a_6.z * b_5.y + a_6.w * b_7.y;
      acc_42 = acc_42 + a_6.x * b_1.z + a_6.y * b_3.z + a_6.z * b_5.z + a_6.w * b_7.z;
      acc_43 = acc_43 + a_6.x * b_1.w + a_6.y * b_3.w + a_6.z * b_5.w + a_6.w * b_7.w;
      acc_44 = acc_44 + a_6.x * b_2.x + a_6.y * b_4.x + a_6.z * b_6.x + a_6.w * b_8.x;
      acc_45 = acc_45 + a_6.x * b_2.y + a_6.y * b_4.y + a_6.z * b_6.y + a_6.w * b_8.y;
      acc_46 = acc_46 + a_6.x * b_2.z + a_6.y * b_4.z + a_6.z * b_6.z + a_6.w * b_8.z;
      acc_47 = acc_47 + a_6.x * b_2.w + a_6.y * b_4.w + a_6.z * b_6.w + a_6.w * b_8.w;
      acc_48 = acc_48 + a_7.x * b_1.x + a_7.y * b_3.x + a_7.z * b_5.x + a_7.w * b_7.x;
      acc_49 = acc_49 + a_7.x * b_1.y + a_7.y * b_3.y + a_7.z * b_5.y + a_7.w * b_7.y;
      acc_50 = acc_50 + a_7.x * b_1.z + a_7.y * b_3.z + a_7.z * b_5.z + a_7.w * b_7.z;
      acc_51 = acc_51 + a_7.x * b_1.w + a_7.y * b_3.w + a_7.z * b_5.w + a_7.w * b_7.w;
      acc_52 = acc_52 + a_7.x * b_2.x + a_7.y * b_4.x + a_7.z * b_6.x + a_7.w * b_8.x;
      acc_53 = acc_53 + a_7.x * b_2.y + a_7.y * b_4.y + a_7.z * b_6.y + a_7.w * b_8.y;
      acc_54 = acc_54 + a_7.x * b_2.z + a_7.y * b_4.z + a_7.z * b_6.z + a_7.w * b_8.z;
      acc_55 = acc_55 + a_7.x * b_2.w + a_7.y * b_4.w + a_7.z * b_6.w + a_7.w * b_8.w;
      acc_56 = acc_56 + a_8.x * b_1.x + a_8.y * b_3.x + a_8.z * b_5.x + a_8.w * b_7.x;
      acc_57 = acc_57 + a_8.x * b_1.y + a_8.y * b_3.y + a_8.z * b_5.y + a_8.w * b_7.y;
      acc_58 = acc_58 + a_8.x * b_1.z + a_8.y * b_3.z + a_8.z * b_5.z + a_8.w * b_7.z;
      acc_59 = acc_59 + a_8.x * b_1.w + a_8.y * b_3.w + a_8.z * b_5.w + a_8.w * b_7.w;
      acc_60 = acc_60 + a_8.x * b_2.x + a_8.y * b_4.x + a_8.z * b_6.x + a_8.w * b_8.x;
      acc_61 = acc_61 + a_8.x * b_2.y + a_8.y * b_4.y + a_8.z * b_6.y + a_8.w * b_8.y;
      acc_62 = acc_62 + a_8.x * b_2.z + a_8.y * b_4.z + a_8.z * b_6.z + a_8.w * b_8.z;
      acc_63 = acc_63 + a_8.x * b_2.w + a_8.y * b_4.w + a_8.z * b_6.w + a_8.w * b_8.w;
    }
    const bool inside = t_2 < s1;
    const bool inside_1 = c_base < s2;
    const int c_base_1 = c_base + t_2 * s2;
    if (inside && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_1]) = make_float4(acc_0, acc_1, acc_2, acc_3);
    }
    const bool inside_2 = t_11 < s2;
    if (inside && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_1 + 4]) = make_float4(acc_4, acc_5, acc_6, acc_7);
    }
    const bool inside_3 = t_3 < s1;
    const int c_base_2 = c_base + t_3 * s2;
    if (inside_3 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_2]) = make_float4(acc_8, acc_9, acc_10, acc_11);
    }
    if (inside_3 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_2 + 4]) = make_float4(acc_12, acc_13, acc_14, acc_15);
    }
    const bool inside_4 = t_4 < s1;
    const int c_base_3 = c_base + t_4 * s2;
    if (inside_4 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_3]) = make_float4(acc_16, acc_17, acc_18, acc_19);
    }
    if (inside_4 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_3 + 4]) = make_float4(acc_20, acc_21, acc_22, acc_23);
    }
    const bool inside_5 = t_5 < s1;
    const int c_base_4 = c_base + t_5 * s2;
    if (inside_5 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_4]) = make_float4(acc_24, acc_25, acc_26, acc_27);
    }
    if (inside_5 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_4 + 4]) = make_float4(acc_28, acc_29, acc_30, acc_31);
    }
    const bool inside_6 = t_6 < s1;
    const int c_base_5 = c_base + t_6 * s2;
    if (inside_6 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_5]) = make_float4(acc_32, acc_33, acc_34, acc_35);
    }
    if (inside_6 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_5 + 4]) = make_float4(acc_36, acc_37, acc_38, acc_39);
    }
    const bool inside_7 = t_7 < s1;
    const int c_base_6 = c_base + t_7 * s2;
    if (inside_7 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_6]) = make_float4(acc_40, acc_41, acc_42, acc_43);
    }
    if (inside_7 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_6 + 4]) = make_float4(acc_44, acc_45, acc_46, acc_47);
    }
    const bool inside_8 = t_8 < s1;
    const int c_base_7 = c_base + t_8 * s2;
    if (inside_8 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_7]) = make_float4(acc_48, acc_49, acc_50, acc_51);
    }
    if (inside_8 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_7 + 4]) = make_float4(acc_52, acc_53, acc_54, acc_55);
    }
    const bool inside_9 = t_9 < s1;
    const int c_base_8 = c_base + t_9 * s2;
    if (inside_9 && inside_1) {
      *reinterpret_cast<float4*>(&c[c_base_8]) = make_float4(acc_56, acc_57, acc_58, acc_59);
    }
    if (inside_9 && inside_2) {
      *reinterpret_cast<float4*>(&c[c_base_8 + 4]) = make_float4(acc_60, acc_61, acc_62, acc_63);
    }
  }
}
