/** What a device of the CUDA driver needs of a compiler. Whoever opens the device chooses it. */

/** Compiles printed CUDA C++. */
export interface CudaCompiler {
  /** Names the compiler and its version: part of the key under which images are kept. */
  readonly name: string
  /**
   * An image that a module can be loaded from. Rejects with `CompileError` `device/pipeline` with the compiler's message.
   * `architecture`: the GPU's, like `sm_80` or `sm_90a`.
   */
  readonly compile: (source: string, architecture: string) => Promise<Uint8Array>
}
