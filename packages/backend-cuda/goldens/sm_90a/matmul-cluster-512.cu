#include <cuda_fp16.h>

#ifdef __CUDACC__
struct __align__(64) TwTileMap { unsigned long long words[16]; };
template <typename Map> __device__ __forceinline__ void tw_copy_tile(
    void* to, const Map* map, unsigned long long* slot, int c0, int c1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_copy_tile(
    void* to, const Map* map, unsigned long long* slot, int c0, int c1, int c2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_copy_tile(
    void* to, const Map* map, unsigned long long* slot, int c0, int c1, int c2, int c3) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2), "r"(c3) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_copy_tile(
    void* to, const Map* map, unsigned long long* slot, int c0, int c1, int c2, int c3, int c4) {
  asm volatile("cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6, %7}], [%2];"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4) : "memory");
}
static __device__ __forceinline__ void tw_expect_tile(unsigned long long* slot, unsigned bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(bytes) : "memory");
}
static __device__ __forceinline__ unsigned long long tw_lines(const void* first, unsigned leading, unsigned stride) {
  const unsigned at = (unsigned)__cvta_generic_to_shared(first);
  return (unsigned long long)(at >> 4 & 0x3fff) | (unsigned long long)(leading >> 4) << 16 |
         (unsigned long long)(stride >> 4) << 32 | 1ull << 62;
}
static __device__ __forceinline__ void tw_mbarrier_arrive(unsigned long long* slot) {
  asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" :: "r"((unsigned)__cvta_generic_to_shared(slot)) : "memory");
}
static __device__ __forceinline__ void tw_mbarrier_arrive_at(unsigned long long* slot, int rank) {
  asm volatile("{ .reg .b32 there; mapa.shared::cluster.u32 there, %0, %1; mbarrier.arrive.release.cluster.shared::cluster.b64 _, [there]; }"
               :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(rank) : "memory");
}
static __device__ __forceinline__ void tw_mbarrier_init(unsigned long long* slot, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(arrivals) : "memory");
}
static __device__ __forceinline__ void tw_mbarrier_wait_cluster(unsigned long long* slot, int parity) {
  asm volatile("{ .reg .pred p; again: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%0], %1; @!p bra again; }"
               :: "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(parity) : "memory");
}
static __device__ __forceinline__ void tw_meet_cluster() {
  asm volatile("barrier.cluster.arrive.release; barrier.cluster.wait.acquire;" ::: "memory");
}
template <typename Map> __device__ __forceinline__ void tw_multicast_tile(
    void* to, const Map* map, unsigned long long* slot, unsigned short blocks, int c0, int c1) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%3, %4}], [%2], %5;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "h"(blocks) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_multicast_tile(
    void* to, const Map* map, unsigned long long* slot, unsigned short blocks, int c0, int c1, int c2) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%3, %4, %5}], [%2], %6;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2), "h"(blocks) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_multicast_tile(
    void* to, const Map* map, unsigned long long* slot, unsigned short blocks, int c0, int c1, int c2, int c3) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%3, %4, %5, %6}], [%2], %7;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "h"(blocks) : "memory");
}
template <typename Map> __device__ __forceinline__ void tw_multicast_tile(
    void* to, const Map* map, unsigned long long* slot, unsigned short blocks, int c0, int c1, int c2, int c3, int c4) {
  asm volatile("cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%3, %4, %5, %6, %7}], [%2], %8;"
               :: "r"((unsigned)__cvta_generic_to_shared(to)), "l"(map), "r"((unsigned)__cvta_generic_to_shared(slot)), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4), "h"(blocks) : "memory");
}
static __device__ __forceinline__ void tw_multiply_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
static __device__ __forceinline__ void tw_multiply_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int alongOwnA, int alongOwnB> __device__ __forceinline__ void tw_multiply_m64n64k16_f16(
    float* d, unsigned long long a, unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n64k16.f32.f16.f16 {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, %32, %33, 1, 1, 1, %34, %35;"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]), "+f"(d[4]), "+f"(d[5]), "+f"(d[6]), "+f"(d[7]), "+f"(d[8]), "+f"(d[9]), "+f"(d[10]), "+f"(d[11]), "+f"(d[12]), "+f"(d[13]), "+f"(d[14]), "+f"(d[15]), "+f"(d[16]), "+f"(d[17]), "+f"(d[18]), "+f"(d[19]), "+f"(d[20]), "+f"(d[21]), "+f"(d[22]), "+f"(d[23]), "+f"(d[24]), "+f"(d[25]), "+f"(d[26]), "+f"(d[27]), "+f"(d[28]), "+f"(d[29]), "+f"(d[30]), "+f"(d[31]) : "l"(a), "l"(b), "n"(alongOwnA), "n"(alongOwnB));
}
template <int pending> __device__ __forceinline__ void tw_multiply_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(pending) : "memory");
}
template <int count> __device__ __forceinline__ void tw_settle(float (&d)[count]) {
  #pragma unroll
  for (int i = 0; i < count; i++) asm volatile("" : "+f"(d[i]) :: "memory");
}
static __device__ __forceinline__ void tw_show_mbarriers() {
  asm volatile("fence.mbarrier_init.release.cluster; fence.proxy.async.shared::cta;" ::: "memory");
}
#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]
#endif

extern "C" __global__ void __cluster_dims__(2, 1, 1) __launch_bounds__(160, 1) main_kernel(const __half* __restrict__ a, const __half* __restrict__ b, float* __restrict__ c, int s0, const __grid_constant__ TwTileMap m0, const __grid_constant__ TwTileMap m1) {
  TW_DYNAMIC_SHARED(shared_memory);
  const int workgroup_y = blockIdx.y;
  const int subgroup = threadIdx.x / 32;
  const int thread = threadIdx.x;
  const int lane = threadIdx.x % 32;
  const int workgroup_x = blockIdx.x;
  __half* const tileA = reinterpret_cast<__half*>(shared_memory + 0);
  __half* const tileB = reinterpret_cast<__half*>(shared_memory + 24576);
  unsigned long long* const full = reinterpret_cast<unsigned long long*>(shared_memory + 49152);
  if (threadIdx.x == 0) {
    for (int slot = 0; slot < 3; slot++) {
      tw_mbarrier_init(&full[slot], 1);
    }
    tw_show_mbarriers();
  }
  tw_meet_cluster();
  unsigned long long* const empty = reinterpret_cast<unsigned long long*>(shared_memory + 49184);
  if (threadIdx.x == 0) {
    for (int slot = 0; slot < 3; slot++) {
      tw_mbarrier_init(&empty[slot], 8);
    }
    tw_show_mbarriers();
  }
  tw_meet_cluster();
  const int t = workgroup_y * 64;
  if (subgroup < 4) {
    float sums[32];
    sums[0] = 0.0f;
    sums[1] = 0.0f;
    sums[2] = 0.0f;
    sums[3] = 0.0f;
    sums[4] = 0.0f;
    sums[5] = 0.0f;
    sums[6] = 0.0f;
    sums[7] = 0.0f;
    sums[8] = 0.0f;
    sums[9] = 0.0f;
    sums[10] = 0.0f;
    sums[11] = 0.0f;
    sums[12] = 0.0f;
    sums[13] = 0.0f;
    sums[14] = 0.0f;
    sums[15] = 0.0f;
    sums[16] = 0.0f;
    sums[17] = 0.0f;
    sums[18] = 0.0f;
    sums[19] = 0.0f;
    sums[20] = 0.0f;
    sums[21] = 0.0f;
    sums[22] = 0.0f;
    sums[23] = 0.0f;
    sums[24] = 0.0f;
    sums[25] = 0.0f;
    sums[26] = 0.0f;
    sums[27] = 0.0f;
    sums[28] = 0.0f;
    sums[29] = 0.0f;
    sums[30] = 0.0f;
    sums[31] = 0.0f;
    const int group = thread >> 7;
    const bool inside = lane < 2;
    const int t_1 = group * 4096;
    #pragma unroll 1
    for (int step = 0; step < 8; step++) {
      const int stage = step % 3;
      tw_mbarrier_wait_cluster(&full[stage], (step / 3) & 1);
      const int t_2 = stage * 4096;
      const auto tileA_lines = tw_lines(&tileA[t_1 + t_2], 16, 1024);
      const auto tileB_lines = tw_lines(&tileB[t_2], 8192, 1024);
      tw_settle(sums);
      tw_multiply_begin();
      tw_multiply_m64n64k16_f16<0, 1>(sums, tileA_lines + 0, tileB_lines + 0);
      tw_multiply_m64n64k16_f16<0, 1>(sums, tileA_lines + 2, tileB_lines + 128);
      tw_multiply_m64n64k16_f16<0, 1>(sums, tileA_lines + 4, tileB_lines + 256);
      tw_multiply_m64n64k16_f16<0, 1>(sums, tileA_lines + 6, tileB_lines + 384);
      tw_multiply_commit();
      tw_multiply_wait<1>();
      if (0 < step) {
        __syncwarp();
        if (inside) {
          tw_mbarrier_arrive_at(&empty[(step + 2) % 3], lane);
        }
      }
    }
    tw_multiply_wait<0>();
    tw_settle(sums);
    const int t_2 = workgroup_x + group;
    if (t_2 < 8) {
      const int worker = thread & 127;
      const int c_base = t_2 * 32768 + (worker >> 5) * 8192 + ((worker >> 2) & 7) * 512 + t + (worker & 3) * 2;
      c[c_base] = sums[0];
      c[c_base + 1] = sums[1];
      c[c_base + 4096] = sums[2];
      c[c_base + 4097] = sums[3];
      c[c_base + 8] = sums[4];
      c[c_base + 9] = sums[5];
      c[c_base + 4104] = sums[6];
      c[c_base + 4105] = sums[7];
      c[c_base + 16] = sums[8];
      c[c_base + 17] = sums[9];
      c[c_base + 4112] = sums[10];
      c[c_base + 4113] = sums[11];
      c[c_base + 24] = sums[12];
      c[c_base + 25] = sums[13];
      c[c_base + 4120] = sums[14];
      c[c_base + 4121] = sums[15];
      c[c_base + 32] = sums[16];
      c[c_base + 33] = sums[17];
      c[c_base + 4128] = sums[18];
      c[c_base + 4129] = sums[19];
      c[c_base + 40] = sums[20];
      c[c_base + 41] = sums[21];
      c[c_base + 4136] = sums[22];
      c[c_base + 4137] = sums[23];
      c[c_base + 48] = sums[24];
      c[c_base + 49] = sums[25];
      c[c_base + 4144] = sums[26];
      c[c_base + 4145] = sums[27];
      c[c_base + 56] = sums[28];
      c[c_base + 57] = sums[29];
      c[c_base + 4152] = sums[30];
      c[c_base + 4153] = sums[31];
    }
  } else {
    if (lane == 0) {
      const int t_1 = workgroup_x * 64;
      const int rank = workgroup_x & 1;
      const int t_2 = rank * 2048;
      const int t_3 = rank * 32;
      for (int step = 0; step < 8; step++) {
        const int stage = step % 3;
        tw_mbarrier_wait_cluster(&empty[stage], 1 - ((step / 3) & 1));
        const int k = step * 64;
        const int t_4 = stage * 4096;
        tw_expect_tile(&full[stage], 8192);
        tw_copy_tile(&tileA[t_4], &m0, &full[stage], k, t_1);
        tw_expect_tile(&full[stage], 8192);
        tw_multicast_tile(&tileB[t_2 + t_4], &m1, &full[stage], 0x3, t, t_3 + k);
        tw_mbarrier_arrive(&full[stage]);
      }
    }
  }
  tw_meet_cluster();
}
