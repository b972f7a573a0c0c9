/** The package koffi, which calls into shared libraries: an optional peer, loaded when it is first needed. */
import { CompileError } from '@tilewright/ir'

export type Koffi = typeof import('koffi')

/** The stack of calls on other threads, in bytes: NVRTC's parser recurses as deep as a source nests, and runs on it. */
export const asyncStackBytes: number = 2 ** 24

/** Rejects with `CompileError` `device/no-koffi` when the package cannot be loaded. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    const koffi = await import('koffi')
    // Possible until a library is loaded: whoever has loaded one before us has decided.
    if ((koffi.config().async_stack_size ?? 0) < asyncStackBytes)
      attempt(() => koffi.config({ async_stack_size: asyncStackBytes }))
    return koffi
  } catch (cause) {
    throw new CompileError({
      code: 'device/no-koffi',
      message: "the package 'koffi', through which CUDA is called, does not load",
      help: 'npm install koffi',
      cause,
    })
  }
}

/** What `call` gives, or undefined where it throws. */
export function attempt<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}

/** What a function puts out through a pointer, its argument. koffi gives small integers as numbers. */
export type Out = [number | bigint]

/** The handle or pointer that `call` puts out. */
export function handleFrom(call: (out: Out) => void): bigint {
  const out: Out = [0n]
  call(out)
  return BigInt(out[0])
}

/** The number that `call` puts out. */
export function numberFrom(call: (out: Out) => void): number {
  return Number(handleFrom(call))
}
