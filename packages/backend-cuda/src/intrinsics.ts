/**
 * Functions that printed source calls for what C++ has no words for: quotients that wrap, and those by sizes, asynchronous
 * copies, mbarriers, matrix instructions. For a GPU they are mostly PTX, printed into the source that uses them; what
 * executes the source on a processor defines them under the same names. Semantics: PTX ISA 8, "Data Movement", "Parallel
 * Synchronization" and "Warp-level Matrix".
 */
import type { HalfDType } from '@tilewright/ir'
import type { SharedMemory } from './shared-memory.js'
import type { InstructionColumns } from './tile-instructions.js'

const shared = (name: string): string => `(unsigned)__cvta_generic_to_shared(${name})`

/** `cp.async`: 16 bytes go past the first cache. */
const copyAsync = (bytes: 4 | 8 | 16): string =>
  `void tw_copy_async_${bytes}(void* to, const void* from, bool inside) {
  asm volatile("cp.async.${bytes === 16 ? 'cg' : 'ca'}.shared.global [%0], [%1], ${bytes}, %2;"
               :: "r"(${shared('to')}), "l"(from), "r"(inside ? ${bytes} : 0) : "memory");
}`

const registers = (from: number, count: number): string =>
  `{${Array.from({ length: count }, (_, i) => `%${from + i}`).join(', ')}}`

const operands = (constraint: string, name: string, count: number): string =>
  Array.from({ length: count }, (_, i) => `"${constraint}"(${name}[${i}])`).join(', ')

const loadMatrices = (count: 1 | 2 | 4, transposed: boolean): string =>
  `void tw_load_matrices_${count}${transposed ? '_transposed' : ''}(unsigned* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x${count}${transposed ? '.trans' : ''}.shared.b16 ${registers(0, count)}, [%${count}];"
               : ${operands('=r', 'to', count)} : "r"(${shared('row')}) : "memory");
}`

/** `mma.sync`: 4 registers of A, 2 of B, and 4 of D that are of `sums`. */
const multiply = (name: string, shape: string, sums: 'f32' | 's32', a: string, b: string): string =>
  `void ${name}(${sums === 'f32' ? 'float' : 'int'}* d, const unsigned* a, const unsigned* b) {
  asm volatile("mma.sync.aligned.${shape}.row.col.${sums}.${a}.${b}.${sums} ${registers(0, 4)}, ${registers(4, 4)}, ${registers(8, 2)}, ${registers(0, 4)};"
               : ${operands(sums === 'f32' ? '+f' : '+r', 'd', 4)} : ${operands('r', 'a', 4)}, ${operands('r', 'b', 2)});
}`

/** `mma.sync` of f32 that `cvt.rna` rounds: the same registers of several products are rounded once. */
const multiplyRounded = `void tw_multiply_m16n8k8_tf32(float* d, const unsigned* a, const unsigned* b) {
  unsigned x[4], y[2];
  for (int i = 0; i < 4; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(x[i]) : "f"(__uint_as_float(a[i])));
  for (int i = 0; i < 2; i++) asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y[i]) : "f"(__uint_as_float(b[i])));
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 ${registers(0, 4)}, ${registers(4, 4)}, ${registers(8, 2)}, ${registers(0, 4)};"
               : ${operands('+f', 'd', 4)} : ${operands('r', 'x', 4)}, ${operands('r', 'y', 2)});
}`

/** Where bits of a matrix descriptor stand: address, leading and other stride in 16 bytes, swizzle of 128 bytes. */
const lines = `unsigned long long tw_lines(const void* first, unsigned leading, unsigned stride) {
  const unsigned at = ${shared('first')};
  return (unsigned long long)(at >> 4 & 0x3fff) | (unsigned long long)(leading >> 4) << 16 |
         (unsigned long long)(stride >> 4) << 32 | 1ull << 62;
}`

/** `wgmma`: the operands along their own axes are what the hardware calls transposed. */
const multiplyTiles = (
  columns: InstructionColumns,
  type: HalfDType,
): string => `template <int alongOwnA, int alongOwnB> __device__ __forceinline__ void tw_multiply_m64n${columns}k16_${type}(
    float* d, unsigned long long a, unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n${columns}k16.f32.${type}.${type} ${registers(0, columns / 2)}, %${columns / 2}, %${columns / 2 + 1}, 1, 1, 1, %${columns / 2 + 2}, %${columns / 2 + 3};"
               : ${operands('+f', 'd', columns / 2)} : "l"(a), "l"(b), "n"(alongOwnA), "n"(alongOwnB));
}`
/** `wgmma` with A in registers of the threads. */
const multiplyHeld = (
  columns: InstructionColumns,
  type: HalfDType,
): string => `template <int alongOwnB> __device__ __forceinline__ void tw_multiply_held_m64n${columns}k16_${type}(
    float* d, const unsigned* a, unsigned long long b) {
  asm volatile("wgmma.mma_async.sync.aligned.m64n${columns}k16.f32.${type}.${type} ${registers(0, columns / 2)}, ${registers(columns / 2, 4)}, %${columns / 2 + 4}, 1, 1, 1, %${columns / 2 + 5};"
               : ${operands('+f', 'd', columns / 2)} : ${operands('r', 'a', 4)}, "l"(b), "n"(alongOwnB));
}`
const multiplyBytes = (a: 's8' | 'u8', b: 's8' | 'u8'): string =>
  multiply(`tw_multiply_m16n8k32_${a}_${b}`, 'm16n8k32', 's32', a, b)

/**
 * TMA: the box of a tensor map that begins at coordinates, fastest first, counted by its bytes in the phase of a slot; where it is
 * multicast, at the same places of shared memory of the blocks of a mask.
 */
const copyTile = (rank: number, multicast: boolean): string => {
  const coordinates = Array.from({ length: rank }, (_, i) => `int c${i}`).join(', ')
  const given = Array.from({ length: rank }, (_, i) => `"r"(c${i})`).join(', ')
  const [name, parameter, form] = multicast
    ? ['tw_multicast_tile', ' unsigned short blocks,', '.multicast::cluster']
    : ['tw_copy_tile', '', '']
  const [operand, mask] = multicast ? [`, %${3 + rank}`, ', "h"(blocks)'] : ['', '']
  return `template <typename Map> __device__ __forceinline__ void ${name}(
    void* to, const Map* map, unsigned long long* slot,${parameter} ${coordinates}) {
  asm volatile("cp.async.bulk.tensor.${rank}d.shared::cluster.global.mbarrier::complete_tx::bytes${form} [%0], [%1, ${registers(3, rank)}], [%2]${operand};"
               :: "r"(${shared('to')}), "l"(map), "r"(${shared('slot')}), ${given}${mask} : "memory");
}`
}
const tensorRanks = [2, 3, 4, 5]

/** Sees what threads of the whole cluster did before they arrived. */
const mbarrierWaitCluster = `void tw_mbarrier_wait_cluster(unsigned long long* slot, int parity) {
  asm volatile("{ .reg .pred p; again: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%0], %1; @!p bra again; }"
               :: "r"(${shared('slot')}), "r"(parity) : "memory");
}`

/** At the slot of another block of the cluster. */
const mbarrierArriveAt = `void tw_mbarrier_arrive_at(unsigned long long* slot, int rank) {
  asm volatile("{ .reg .b32 there; mapa.shared::cluster.u32 there, %0, %1; mbarrier.arrive.release.cluster.shared::cluster.b64 _, [there]; }"
               :: "r"(${shared('slot')}), "r"(rank) : "memory");
}`

/** Of all threads of a cluster. */
const meetCluster = `void tw_meet_cluster() {
  asm volatile("barrier.cluster.arrive.release; barrier.cluster.wait.acquire;" ::: "memory");
}`

/** Its loop is not C++, so that the compiler has no branch to keep values for; the newer instruction sleeps a while. */
const mbarrierWait = `void tw_mbarrier_wait(unsigned long long* slot, int parity) {
#if __CUDA_ARCH__ >= 900
#define TW_MBARRIER_TRY "try_wait"
#else
#define TW_MBARRIER_TRY "test_wait"
#endif
  asm volatile("{ .reg .pred p; again: mbarrier." TW_MBARRIER_TRY ".parity.shared.b64 p, [%0], %1; @!p bra again; }"
               :: "r"(${shared('slot')}), "r"(parity) : "memory");
#undef TW_MBARRIER_TRY
}`

/** `number` where the divisor is -1, whose quotient may be no i32: integers wrap. */
const division = (name: string, operator: string, number: string): string =>
  `int ${name}(int left, int right) { return right == -1 ? ${number} : left ${operator} right; }`

/** n / d and n % d for any n, by the reciprocal of d: plan/scalars.ts of the backend package. */
const divideBySize = `int tw_divide_by_size(int n, int multiplier, int shift) {
  const int floor = (int)((unsigned)__mulhi(n, multiplier) + (unsigned)n) >> shift;
  return (int)((unsigned)floor + ((unsigned)n >> 31));
}`
const remainderBySize = `int tw_remainder_by_size(int n, int d, int multiplier, int shift) {
  return n - tw_divide_by_size(n, multiplier, shift) * d;
}`

export type Intrinsic =
  | 'tw_divide'
  | 'tw_remainder'
  | 'tw_divide_by_size'
  | 'tw_remainder_by_size'
  | 'tw_copy_async_4'
  | 'tw_copy_async_8'
  | 'tw_copy_async_16'
  | 'tw_copy_commit'
  | 'tw_copy_wait'
  | 'tw_load_matrices_1'
  | 'tw_load_matrices_2'
  | 'tw_load_matrices_4'
  | 'tw_load_matrices_1_transposed'
  | 'tw_load_matrices_2_transposed'
  | 'tw_load_matrices_4_transposed'
  | `tw_multiply_m16n8k16_${HalfDType}`
  | 'tw_multiply_m16n8k8_tf32'
  | `tw_multiply_m64n${InstructionColumns}k16_${HalfDType}`
  | `tw_multiply_held_m64n${InstructionColumns}k16_${HalfDType}`
  | 'tw_lines'
  | 'tw_multiply_begin'
  | 'tw_multiply_commit'
  | 'tw_multiply_wait'
  | 'tw_settle'
  | 'tw_settle_words'
  | 'tw_show_tiles'
  | 'tw_copy_tile'
  | 'tw_multicast_tile'
  | 'tw_expect_tile'
  | 'tw_show_mbarriers'
  | 'tw_multiply_m16n8k32_s8_s8'
  | 'tw_multiply_m16n8k32_s8_u8'
  | 'tw_multiply_m16n8k32_u8_s8'
  | 'tw_multiply_m16n8k32_u8_u8'
  | 'tw_mbarrier_init'
  | 'tw_mbarrier_arrive'
  | 'tw_mbarrier_wait'
  | 'tw_mbarrier_wait_cluster'
  | 'tw_mbarrier_arrive_at'
  | 'tw_meet_cluster'

const definitions: Readonly<Record<Intrinsic, string>> = {
  tw_divide: division('tw_divide', '/', '(int)(0u - (unsigned)left)'),
  tw_remainder: division('tw_remainder', '%', '0'),
  tw_divide_by_size: divideBySize,
  tw_remainder_by_size: remainderBySize,
  tw_copy_async_4: copyAsync(4),
  tw_copy_async_8: copyAsync(8),
  tw_copy_async_16: copyAsync(16),
  tw_copy_commit: 'void tw_copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }',
  tw_copy_wait: `template <int pending> __device__ __forceinline__ void tw_copy_wait() {
  asm volatile("cp.async.wait_group %0;" :: "n"(pending) : "memory");
}`,
  tw_load_matrices_1: loadMatrices(1, false),
  tw_load_matrices_2: loadMatrices(2, false),
  tw_load_matrices_4: loadMatrices(4, false),
  tw_load_matrices_1_transposed: loadMatrices(1, true),
  tw_load_matrices_2_transposed: loadMatrices(2, true),
  tw_load_matrices_4_transposed: loadMatrices(4, true),
  tw_multiply_m64n64k16_f16: multiplyTiles(64, 'f16'),
  tw_multiply_m64n128k16_f16: multiplyTiles(128, 'f16'),
  tw_multiply_m64n192k16_f16: multiplyTiles(192, 'f16'),
  tw_multiply_m64n256k16_f16: multiplyTiles(256, 'f16'),
  tw_multiply_m64n64k16_bf16: multiplyTiles(64, 'bf16'),
  tw_multiply_m64n128k16_bf16: multiplyTiles(128, 'bf16'),
  tw_multiply_m64n192k16_bf16: multiplyTiles(192, 'bf16'),
  tw_multiply_m64n256k16_bf16: multiplyTiles(256, 'bf16'),
  tw_multiply_held_m64n64k16_f16: multiplyHeld(64, 'f16'),
  tw_multiply_held_m64n128k16_f16: multiplyHeld(128, 'f16'),
  tw_multiply_held_m64n192k16_f16: multiplyHeld(192, 'f16'),
  tw_multiply_held_m64n256k16_f16: multiplyHeld(256, 'f16'),
  tw_multiply_held_m64n64k16_bf16: multiplyHeld(64, 'bf16'),
  tw_multiply_held_m64n128k16_bf16: multiplyHeld(128, 'bf16'),
  tw_multiply_held_m64n192k16_bf16: multiplyHeld(192, 'bf16'),
  tw_multiply_held_m64n256k16_bf16: multiplyHeld(256, 'bf16'),
  tw_lines: lines,
  tw_multiply_begin: 'void tw_multiply_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }',
  tw_multiply_commit: 'void tw_multiply_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }',
  tw_multiply_wait: `template <int pending> __device__ __forceinline__ void tw_multiply_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(pending) : "memory");
}`,
  tw_settle: `template <int count> __device__ __forceinline__ void tw_settle(float (&d)[count]) {
  #pragma unroll
  for (int i = 0; i < count; i++) asm volatile("" : "+f"(d[i]) :: "memory");
}`,
  tw_settle_words: `template <int count> __device__ __forceinline__ void tw_settle_words(unsigned* a) {
  #pragma unroll
  for (int i = 0; i < count; i++) asm volatile("" : "+r"(a[i]) :: "memory");
}`,
  tw_show_tiles: 'void tw_show_tiles() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }',
  tw_copy_tile: tensorRanks.map((rank) => copyTile(rank, false)).join('\n'),
  tw_multicast_tile: tensorRanks.map((rank) => copyTile(rank, true)).join('\n'),
  tw_expect_tile: `void tw_expect_tile(unsigned long long* slot, unsigned bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" :: "r"(${shared('slot')}), "r"(bytes) : "memory");
}`,
  tw_show_mbarriers: `void tw_show_mbarriers() {
  asm volatile("fence.mbarrier_init.release.cluster; fence.proxy.async.shared::cta;" ::: "memory");
}`,
  tw_multiply_m16n8k16_f16: multiply('tw_multiply_m16n8k16_f16', 'm16n8k16', 'f32', 'f16', 'f16'),
  tw_multiply_m16n8k16_bf16: multiply('tw_multiply_m16n8k16_bf16', 'm16n8k16', 'f32', 'bf16', 'bf16'),
  tw_multiply_m16n8k8_tf32: multiplyRounded,
  tw_multiply_m16n8k32_s8_s8: multiplyBytes('s8', 's8'),
  tw_multiply_m16n8k32_s8_u8: multiplyBytes('s8', 'u8'),
  tw_multiply_m16n8k32_u8_s8: multiplyBytes('u8', 's8'),
  tw_multiply_m16n8k32_u8_u8: multiplyBytes('u8', 'u8'),
  tw_mbarrier_init: `void tw_mbarrier_init(unsigned long long* slot, int arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" :: "r"(${shared('slot')}), "r"(arrivals) : "memory");
}`,
  tw_mbarrier_arrive: `void tw_mbarrier_arrive(unsigned long long* slot) {
  asm volatile("{ .reg .b64 state; mbarrier.arrive.shared.b64 state, [%0]; }" :: "r"(${shared('slot')}) : "memory");
}`,
  tw_mbarrier_wait: mbarrierWait,
  tw_mbarrier_wait_cluster: mbarrierWaitCluster,
  tw_mbarrier_arrive_at: mbarrierArriveAt,
  tw_meet_cluster: meetCluster,
}

/** What stands above a kernel that calls `used`, for compilers of CUDA alone. */
export function intrinsicsSource(
  used: ReadonlySet<Intrinsic>,
  { dynamic, alignment, tileCopies }: SharedMemory,
): readonly string[] {
  const lines = [...used]
    .sort()
    .map((name) => definitions[name])
    .map((text) => (text.startsWith('template') ? text : `static __device__ __forceinline__ ${text}`))
  if (tileCopies) lines.unshift('struct __align__(64) TwTileMap { unsigned long long words[16]; };')
  if (dynamic)
    lines.push(`#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(${alignment}) unsigned char name[]`)
  return lines.length === 0 ? [] : ['#ifdef __CUDACC__', ...lines, '#endif', '']
}
