/**
 * The functions of NVIDIA's driver API that a device calls. Handles and device pointers are 64-bit integers.
 * CUDA Driver API reference manual; names with a version are what cuda.h means by those without.
 */
import type { Out } from './koffi.js'

/** Arguments, in order. */
export interface CudaArguments {
  readonly cuCtxSetCurrent: [context: bigint]
  readonly cuDeviceGet: [device: Out, ordinal: number]
  readonly cuDeviceGetAttribute: [value: Out, attribute: number, device: number]
  readonly cuDeviceGetCount: [count: Out]
  readonly cuDeviceGetName: [name: Uint8Array, length: number, device: number]
  readonly cuDevicePrimaryCtxRelease: [device: number]
  readonly cuDevicePrimaryCtxRetain: [context: Out, device: number]
  readonly cuDeviceTotalMem: [bytes: Out, device: number]
  readonly cuEventCreate: [event: Out, flags: number]
  readonly cuEventDestroy: [event: bigint]
  readonly cuEventQuery: [event: bigint]
  readonly cuEventRecord: [event: bigint, stream: bigint]
  readonly cuFuncSetAttribute: [kernel: bigint, attribute: number, value: number]
  readonly cuGraphDestroy: [graph: bigint]
  readonly cuGraphExecDestroy: [executable: bigint]
  readonly cuGraphInstantiateWithFlags: [executable: Out, graph: bigint, flags: number]
  readonly cuGraphLaunch: [executable: bigint, stream: bigint]
  readonly cuInit: [flags: number]
  readonly cuLaunchKernel: [
    kernel: bigint,
    gridX: number,
    gridY: number,
    gridZ: number,
    blockX: number,
    blockY: number,
    blockZ: number,
    sharedBytes: number,
    stream: bigint,
    params: bigint,
    extra: bigint,
  ]
  readonly cuMemAlloc: [pointer: Out, bytes: number]
  readonly cuMemAllocFromPoolAsync: [pointer: Out, bytes: number, pool: bigint, stream: bigint]
  readonly cuMemFree: [pointer: bigint]
  readonly cuMemFreeAsync: [pointer: bigint, stream: bigint]
  readonly cuMemFreeHost: [pointer: bigint]
  readonly cuMemHostAlloc: [pointer: Out, bytes: number, flags: number]
  readonly cuMemPoolCreate: [pool: Out, properties: Uint8Array]
  readonly cuMemPoolDestroy: [pool: bigint]
  readonly cuMemPoolSetAttribute: [pool: bigint, attribute: number, value: Uint8Array]
  readonly cuMemPoolTrimTo: [pool: bigint, keptBytes: number]
  readonly cuMemcpyDtoHAsync: [to: bigint, from: bigint, bytes: number, stream: bigint]
  readonly cuMemcpyHtoDAsync: [to: bigint, from: bigint, bytes: number, stream: bigint]
  readonly cuMemsetD8Async: [to: bigint, value: number, bytes: number, stream: bigint]
  readonly cuModuleGetFunction: [kernel: Out, module: bigint, name: string]
  readonly cuModuleLoadData: [module: Out, image: Uint8Array]
  readonly cuModuleUnload: [module: bigint]
  readonly cuStreamBeginCapture: [stream: bigint, mode: number]
  readonly cuStreamCreate: [stream: Out, flags: number]
  readonly cuStreamDestroy: [stream: bigint]
  readonly cuStreamEndCapture: [stream: bigint, graph: Out]
  readonly cuStreamSynchronize: [stream: bigint]
  readonly cuTensorMapEncodeTiled: [
    map: bigint,
    dtype: number,
    rank: number,
    address: bigint,
    extents: BigUint64Array,
    strides: BigUint64Array,
    box: Uint32Array,
    elementStrides: Uint32Array,
    interleave: number,
    swizzle: number,
    promotion: number,
    fill: number,
  ]
}

export type CudaFunction = keyof CudaArguments

/** As C has them. */
export const cudaPrototypes: Readonly<Record<CudaFunction, string>> = {
  cuCtxSetCurrent: 'int cuCtxSetCurrent(uint64_t context)',
  cuDeviceGet: 'int cuDeviceGet(_Out_ int *device, int ordinal)',
  cuDeviceGetAttribute: 'int cuDeviceGetAttribute(_Out_ int *value, int attribute, int device)',
  cuDeviceGetCount: 'int cuDeviceGetCount(_Out_ int *count)',
  cuDeviceGetName: 'int cuDeviceGetName(void *name, int length, int device)',
  cuDevicePrimaryCtxRelease: 'int cuDevicePrimaryCtxRelease_v2(int device)',
  cuDevicePrimaryCtxRetain: 'int cuDevicePrimaryCtxRetain(_Out_ uint64_t *context, int device)',
  cuDeviceTotalMem: 'int cuDeviceTotalMem_v2(_Out_ size_t *bytes, int device)',
  cuEventCreate: 'int cuEventCreate(_Out_ uint64_t *event, uint flags)',
  cuEventDestroy: 'int cuEventDestroy_v2(uint64_t event)',
  cuEventQuery: 'int cuEventQuery(uint64_t event)',
  cuEventRecord: 'int cuEventRecord(uint64_t event, uint64_t stream)',
  cuFuncSetAttribute: 'int cuFuncSetAttribute(uint64_t kernel, int attribute, int value)',
  cuGraphDestroy: 'int cuGraphDestroy(uint64_t graph)',
  cuGraphExecDestroy: 'int cuGraphExecDestroy(uint64_t executable)',
  cuGraphInstantiateWithFlags:
    'int cuGraphInstantiateWithFlags(_Out_ uint64_t *executable, uint64_t graph, uint64_t flags)',
  cuGraphLaunch: 'int cuGraphLaunch(uint64_t executable, uint64_t stream)',
  cuInit: 'int cuInit(uint flags)',
  cuLaunchKernel:
    'int cuLaunchKernel(uint64_t kernel, uint gx, uint gy, uint gz, uint bx, uint by, uint bz, uint shared, uint64_t stream, uint64_t params, uint64_t extra)',
  cuMemAlloc: 'int cuMemAlloc_v2(_Out_ uint64_t *pointer, size_t bytes)',
  cuMemAllocFromPoolAsync:
    'int cuMemAllocFromPoolAsync(_Out_ uint64_t *pointer, size_t bytes, uint64_t pool, uint64_t stream)',
  cuMemFree: 'int cuMemFree_v2(uint64_t pointer)',
  cuMemFreeAsync: 'int cuMemFreeAsync(uint64_t pointer, uint64_t stream)',
  cuMemFreeHost: 'int cuMemFreeHost(uint64_t pointer)',
  cuMemHostAlloc: 'int cuMemHostAlloc(_Out_ uint64_t *pointer, size_t bytes, uint flags)',
  cuMemPoolCreate: 'int cuMemPoolCreate(_Out_ uint64_t *pool, const void *properties)',
  cuMemPoolDestroy: 'int cuMemPoolDestroy(uint64_t pool)',
  cuMemPoolSetAttribute: 'int cuMemPoolSetAttribute(uint64_t pool, int attribute, const void *value)',
  cuMemPoolTrimTo: 'int cuMemPoolTrimTo(uint64_t pool, size_t keptBytes)',
  cuMemcpyDtoHAsync: 'int cuMemcpyDtoHAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream)',
  cuMemcpyHtoDAsync: 'int cuMemcpyHtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t stream)',
  cuMemsetD8Async: 'int cuMemsetD8Async(uint64_t to, uint8_t value, size_t bytes, uint64_t stream)',
  cuModuleGetFunction: 'int cuModuleGetFunction(_Out_ uint64_t *kernel, uint64_t module, const char *name)',
  cuModuleLoadData: 'int cuModuleLoadData(_Out_ uint64_t *module, const void *image)',
  cuModuleUnload: 'int cuModuleUnload(uint64_t module)',
  cuStreamBeginCapture: 'int cuStreamBeginCapture_v2(uint64_t stream, int mode)',
  cuStreamCreate: 'int cuStreamCreate(_Out_ uint64_t *stream, uint flags)',
  cuStreamDestroy: 'int cuStreamDestroy_v2(uint64_t stream)',
  cuStreamEndCapture: 'int cuStreamEndCapture(uint64_t stream, _Out_ uint64_t *graph)',
  cuStreamSynchronize: 'int cuStreamSynchronize(uint64_t stream)',
  cuTensorMapEncodeTiled:
    'int cuTensorMapEncodeTiled(uint64_t map, int dtype, uint rank, uint64_t address, const uint64_t *extents, const uint64_t *strides, const uint32_t *box, const uint32_t *elementStrides, int interleave, int swizzle, int promotion, int fill)',
}

/** Functions that only some drivers have of those that are new enough otherwise, and the CUDA that brought them: 12000 is 12.0. */
export const cudaFunctionVersions: Readonly<Record<string, number>> = {
  cuTensorMapEncodeTiled: 12000,
} satisfies Partial<Record<CudaFunction, number>>
