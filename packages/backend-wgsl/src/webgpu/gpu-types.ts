/// <reference types="@webgpu/types" />
/**
 * WebGPU's types in public signatures: those of the program that calls, be they of TypeScript's DOM library (from 6.0 on)
 * or of `@webgpu/types`. The two cannot both be loaded, so the declarations we publish load neither; where a program has
 * none, these types are `unknown` and take anything.
 */

/** The program's `GPU`. */
export type Gpu = typeof globalThis extends { GPU: { prototype: infer Type } } ? Type : unknown

/** The program's `GPUDevice`. */
export type GpuDevice = typeof globalThis extends { GPUDevice: { prototype: infer Type } } ? Type : unknown
