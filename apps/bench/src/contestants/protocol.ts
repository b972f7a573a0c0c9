/** What a contestant's process is told, and what it answers: one reply to each request. */
import type { Tensors } from '../tensors.js'
import type { ContestantName } from './contestant.js'

export type Request =
  /** Open the contestant, make a case ready and run it for the first time. */
  | {
      readonly kind: 'prepare'
      readonly contestant: ContestantName
      readonly caseName: string
      /** Whether the adapter of this comparison emulates a GPU. */
      readonly software: boolean
      /** Where the peer is installed; '' for ourselves. */
      readonly folder: string
    }
  /** Run it once more. */
  | { readonly kind: 'run' }

export type Reply =
  | ({ readonly kind: 'ready' } & FirstRun)
  | ({ readonly kind: 'ran' } & Sample)
  | { readonly kind: 'failed'; readonly reason: string }

export interface FirstRun {
  /** From the bytes of the model to its first outputs, ms; loading the library and opening its device come before. */
  readonly firstMs: number
  readonly outputs: Tensors
}

export interface Sample {
  /** One run, ms: with upload of the inputs and readback of the outputs, unless the comparison says otherwise. */
  readonly wallMs: number
  /** Processor time that the contestant's whole process took meanwhile, ms. */
  readonly cpuMs: number
  /** What the device takes for a run, over many, ms: of contestants that can tell. */
  readonly deviceMs?: number
}
