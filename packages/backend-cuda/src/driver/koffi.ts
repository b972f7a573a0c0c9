/** The package koffi, which calls into shared libraries: an optional peer, loaded when it is first needed. */
import { CompileError } from '@tilewright/ir'

export type Koffi = typeof import('koffi')

/** Rejects with `CompileError` `device/no-koffi` when the package cannot be loaded. */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return await import('koffi')
  } catch (cause) {
    throw new CompileError({
      code: 'device/no-koffi',
      message: "the package 'koffi', through which CUDA is called, does not load",
      help: 'npm install koffi',
      cause,
    })
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
