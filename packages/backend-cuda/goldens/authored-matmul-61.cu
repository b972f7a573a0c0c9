extern "C" __global__ void __launch_bounds__(64) main_kernel(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c) {
  const int thread = threadIdx.x;
  const int workgroup_y = blockIdx.y;
  const int workgroup_x = blockIdx.x;
  __shared__ __align__(16) float tile_a[256];
  __shared__ __align__(16) float tile_b[256];
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
  const int row = workgroup_y * 32;
  const int thread_div_8 = thread >> 3;
  const int t = workgroup_y * 1952;
  const int column = workgroup_x * 32;
  const int t_1 = row + thread_div_8;
  const int t_2 = thread_div_8 * 61;
  const int t_3 = thread_div_8 * 32;
  const int t_4 = column + thread_mod_8;
  const int t_5 = thread_mod_8 * 4;
  const int tile_b_base = t_3 + thread_mod_8;
  const int a_base = t + t_2 + thread_mod_8;
  const int b_base = t_2 + column + thread_mod_8;
  for (int k0 = 0; k0 < 8; k0++) {
    const int t_6 = k0 * 8;
    const bool inside = thread_mod_8 + t_6 < 61;
    const int a_base_1 = a_base + t_6;
    for (int r = 0; r < 4; r++) {
      tile_a[thread + r * 64] = (inside && t_1 + r * 8 < 61 ? a[a_base_1 + r * 488] : 0.0f);
    }
    const bool inside_1 = thread_div_8 + t_6 < 61;
    const int b_base_1 = b_base + k0 * 488;
    for (int r = 0; r < 4; r++) {
      const int t_7 = r * 8;
      tile_b[tile_b_base + t_7] = (inside_1 && t_4 + t_7 < 61 ? b[b_base_1 + t_7] : 0.0f);
    }
    __syncthreads();
    for (int k = 0; k < 8; k++) {
      const int tile_a_base = t_3 + k;
      const int tile_b_base_1 = t_5 + k * 32;
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
  const int c_base = t + thread_div_8 * 244 + column + t_5;
  c[c_base] = sums_0;
  const int t_6 = column + t_5;
  const bool inside = t_6 < 60;
  if (inside) {
    c[c_base + 1] = sums_1;
  }
  const bool inside_1 = t_6 < 59;
  if (inside_1) {
    c[c_base + 2] = sums_2;
  }
  const bool inside_2 = t_6 < 58;
  if (inside_2) {
    c[c_base + 3] = sums_3;
  }
  const int t_7 = row + thread_div_8 * 4;
  const bool inside_3 = t_7 < 60;
  if (inside_3) {
    c[c_base + 61] = sums_4;
  }
  if (inside_3 && inside) {
    c[c_base + 62] = sums_5;
  }
  if (inside_3 && inside_1) {
    c[c_base + 63] = sums_6;
  }
  if (inside_3 && inside_2) {
    c[c_base + 64] = sums_7;
  }
  const bool inside_4 = t_7 < 59;
  if (inside_4) {
    c[c_base + 122] = sums_8;
  }
  if (inside_4 && inside) {
    c[c_base + 123] = sums_9;
  }
  if (inside_4 && inside_1) {
    c[c_base + 124] = sums_10;
  }
  if (inside_4 && inside_2) {
    c[c_base + 125] = sums_11;
  }
  const bool inside_5 = t_7 < 58;
  if (inside_5) {
    c[c_base + 183] = sums_12;
  }
  if (inside_5 && inside) {
    c[c_base + 184] = sums_13;
  }
  if (inside_5 && inside_1) {
    c[c_base + 185] = sums_14;
  }
  if (inside_5 && inside_2) {
    c[c_base + 186] = sums_15;
  }
}
