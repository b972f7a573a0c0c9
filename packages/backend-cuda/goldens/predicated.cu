extern "C" __global__ void __launch_bounds__(4) main_kernel(float* __restrict__ c, const float* __restrict__ a, int s0) {
  const int thread = threadIdx.x;
  const int workgroup_x = blockIdx.x;
  __shared__ __align__(16) float tile[8];
  float sum;
  tile[thread] = (workgroup_x * 4 + thread < s0 ? a[workgroup_x * 4 + thread] : 0.0f);
  __syncthreads();
  sum = __int_as_float(0xff800000);
  #pragma unroll
  for (int i = 0; i < 4; i++) {
    sum = fmaxf(sum, expf(tile[i]));
  }
  if (workgroup_x * 4 + thread < s0) {
    c[workgroup_x * 4 + thread] = sum;
  }
}
