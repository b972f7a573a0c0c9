extern "C" __global__ void __launch_bounds__(256, 1) main_kernel(const float* __restrict__ x, float* __restrict__ y) {
  const int thread = threadIdx.x;
  const int workgroup_x = blockIdx.x;
  const int lane = threadIdx.x % 32;
  const int subgroup = threadIdx.x / 32;
  __shared__ __align__(16) float partial[8];
  __shared__ __align__(16) float partial_1[8];
  float x_0;
  float x_1;
  float x_2;
  float x_3;
  const bool inside = thread < 250;
  const int x_base = workgroup_x * 1000 + thread * 4;
  if (inside) {
    const float4 x_4 = *reinterpret_cast<const float4*>(&x[x_base]);
    x_0 = x_4.x;
    x_1 = x_4.y;
    x_2 = x_4.z;
    x_3 = x_4.w;
  }
  float state = __int_as_float(0xff800000);
  if (inside) {
    const float element = x_0;
    const float next = fmaxf(state, element);
    state = next;
    const float element_1 = x_1;
    const float next_1 = fmaxf(state, element_1);
    state = next_1;
    const float element_2 = x_2;
    const float next_2 = fmaxf(state, element_2);
    state = next_2;
    const float element_3 = x_3;
    const float next_3 = fmaxf(state, element_3);
    state = next_3;
  }
  const float shuffled = __shfl_xor_sync(0xffffffffu, state, 16);
  const float next = fmaxf(state, shuffled);
  const float shuffled_1 = __shfl_xor_sync(0xffffffffu, next, 8);
  const float next_1 = fmaxf(next, shuffled_1);
  const float shuffled_2 = __shfl_xor_sync(0xffffffffu, next_1, 4);
  const float next_2 = fmaxf(next_1, shuffled_2);
  const float shuffled_3 = __shfl_xor_sync(0xffffffffu, next_2, 2);
  const float next_3 = fmaxf(next_2, shuffled_3);
  const float shuffled_4 = __shfl_xor_sync(0xffffffffu, next_3, 1);
  const bool inside_1 = lane == 0;
  if (inside_1) {
    partial[subgroup] = fmaxf(next_3, shuffled_4);
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
  float state_1 = 0.0f;
  const float next_4 = fmaxf(fmaxf(fmaxf(part, part_1), fmaxf(part_2, part_3)), fmaxf(fmaxf(part_4, part_5), fmaxf(part_6, part_7)));
  if (inside) {
    const float element = expf(x_0 - next_4);
    const float next_5 = state_1 + element;
    state_1 = next_5;
    const float element_1 = expf(x_1 - next_4);
    const float next_6 = state_1 + element_1;
    state_1 = next_6;
    const float element_2 = expf(x_2 - next_4);
    const float next_7 = state_1 + element_2;
    state_1 = next_7;
    const float element_3 = expf(x_3 - next_4);
    const float next_8 = state_1 + element_3;
    state_1 = next_8;
  }
  const float shuffled_5 = __shfl_xor_sync(0xffffffffu, state_1, 16);
  const float next_5 = state_1 + shuffled_5;
  const float shuffled_6 = __shfl_xor_sync(0xffffffffu, next_5, 8);
  const float next_6 = next_5 + shuffled_6;
  const float shuffled_7 = __shfl_xor_sync(0xffffffffu, next_6, 4);
  const float next_7 = next_6 + shuffled_7;
  const float shuffled_8 = __shfl_xor_sync(0xffffffffu, next_7, 2);
  const float next_8 = next_7 + shuffled_8;
  const float shuffled_9 = __shfl_xor_sync(0xffffffffu, next_8, 1);
  if (inside_1) {
    partial_1[subgroup] = next_8 + shuffled_9;
  }
  __syncthreads();
  const float part_8 = partial_1[0];
  const float part_9 = partial_1[1];
  const float part_10 = partial_1[2];
  const float part_11 = partial_1[3];
  const float part_12 = partial_1[4];
  const float part_13 = partial_1[5];
  const float part_14 = partial_1[6];
  const float part_15 = partial_1[7];
  if (inside) {
    const float next_9 = part_8 + part_9 + (part_10 + part_11) + (part_12 + part_13 + (part_14 + part_15));
    *reinterpret_cast<float4*>(&y[x_base]) = make_float4(expf(x_0 - next_4) / next_9, expf(x_1 - next_4) / next_9, expf(x_2 - next_4) / next_9, expf(x_3 - next_4) / next_9);
  }
}
