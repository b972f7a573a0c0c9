#include <cuda_fp16.h>

#ifdef __CUDACC__
static __device__ __forceinline__ void tw_copy_async_16(void* to, const void* from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 16 : 0) : "memory");
}
static __device__ __forceinline__ void tw_copy_async_4(void* to, const void* from, bool inside) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(inside ? 4 : 0) : "memory");
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
static __device__ __forceinline__ void tw_multiply_m16n8k16_f16(float* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

extern "C" __global__ void __launch_bounds__(32, 1) main_kernel(const __half* __restrict__ a, float* __restrict__ c) {
  const int lane = threadIdx.x % 32;
  __shared__ __align__(16) __half tile[512];
  __align__(16) __half left[8];
  __align__(16) __half right[4];
  __align__(16) __half others[4];
  float sums[4];
  tw_copy_async_16(&tile[lane * 8], &a[lane * 8], lane < 31);
  tw_copy_async_4(&tile[lane * 2 + 256], &a[lane * 2], true);
  tile[lane + 320] = lane < 9 ? a[lane] : (__half)0;
  tw_copy_commit();
  tw_copy_wait<0>();
  __syncwarp();
  for (int i = 0; i < 4; i++) {
    sums[i] = 0.0f;
  }
  tw_load_matrices_4(reinterpret_cast<unsigned*>(left), &tile[lane * 8]);
  unsigned matrices[4];
  tw_load_matrices_4_transposed(matrices, &tile[lane * 8]);
  reinterpret_cast<unsigned*>(right)[0] = matrices[0];
  reinterpret_cast<unsigned*>(right)[1] = matrices[1];
  reinterpret_cast<unsigned*>(others)[0] = matrices[2];
  reinterpret_cast<unsigned*>(others)[1] = matrices[3];
  tw_multiply_m16n8k16_f16(sums, reinterpret_cast<unsigned*>(left), reinterpret_cast<unsigned*>(right));
  const float shuffled = __shfl_xor_sync(0xffffffffu, sums[0], 16);
  c[lane] = shuffled + __half2float(others[0]);
}
