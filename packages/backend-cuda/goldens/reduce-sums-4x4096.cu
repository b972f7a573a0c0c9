extern "C" __global__ void __launch_bounds__(256, 1) main_kernel(const float* __restrict__ x, float* __restrict__ y) {
  const int workgroup_x = blockIdx.x;
  const int thread = threadIdx.x;
  const int lane = threadIdx.x % 32;
  const int subgroup = threadIdx.x / 32;
  __shared__ __align__(16) float partial[8];
  float state = 0.0f;
  const int x_base = workgroup_x * 4096 + thread * 4;
  for (int round_1 = 0; round_1 < 4; round_1++) {
    const float4 x_1 = *reinterpret_cast<const float4*>(&x[x_base + round_1 * 1024]);
    const float next = state + x_1.x;
    state = next;
    const float next_1 = state + x_1.y;
    state = next_1;
    const float next_2 = state + x_1.z;
    state = next_2;
    const float next_3 = state + x_1.w;
    state = next_3;
  }
  const float shuffled = __shfl_xor_sync(0xffffffffu, state, 16);
  const float next = state + shuffled;
  const float shuffled_1 = __shfl_xor_sync(0xffffffffu, next, 8);
  const float next_1 = next + shuffled_1;
  const float shuffled_2 = __shfl_xor_sync(0xffffffffu, next_1, 4);
  const float next_2 = next_1 + shuffled_2;
  const float shuffled_3 = __shfl_xor_sync(0xffffffffu, next_2, 2);
  const float next_3 = next_2 + shuffled_3;
  const float shuffled_4 = __shfl_xor_sync(0xffffffffu, next_3, 1);
  if (lane == 0) {
    partial[subgroup] = next_3 + shuffled_4;
  }
  __syncthreads();
  const float part = partial[0];
  const float part_1 = partial[1];
  const float part_2 = partial[2];
  const float part_3 = partial[3];
  const float part_4 = partial[4];
  const float part_5 = partial[5];
  const float part_6 = partial[6];
  const float part_7 = partial[7];
  if (thread == 0) {
    y[workgroup_x] = part + part_1 + (part_2 + part_3) + (part_4 + part_5 + (part_6 + part_7));
  }
}
