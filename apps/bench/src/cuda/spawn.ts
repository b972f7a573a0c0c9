/** Contestants on NVIDIA GPUs: a process each for all cases, asked a line at a time. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { type Contestant, failed } from '../contestants/spawn.js'
import type { CudaReply, CudaRequest } from './protocol.js'

/** Compilers that search for the fastest kernel take minutes at first. */
const patienceMs = 240_000

/** What is kept of what a process says on stderr, to tell why it ended. */
const keptCharacters = 2000

export interface CudaProgram {
  /**
   * The contestant of one case. Its promises reject with `CompileError` `bench/contestant` when it fails or takes too long;
   * `onFacts` is told what it says of itself once it is ready.
   */
  readonly contestant: (request: PrepareRequest, onFacts: (facts: Facts) => void) => Contestant
  /** Ends the process; idempotent. */
  readonly close: () => void
}

type PrepareRequest = Extract<CudaRequest, { readonly kind: 'prepare' }>
type Facts = Readonly<Record<string, string>>

/** A program that is started when it is first asked something, and again for the next case after it ended. */
export function cudaProgram(command: readonly [string, ...string[]]): CudaProgram {
  let running: Running | undefined
  const close = (): void => {
    running?.child.kill('SIGKILL')
    running = undefined
  }
  const answered = async <Kind extends CudaReply['kind']>(asked: CudaRequest, kind: Kind): Promise<ReplyOf<Kind>> => {
    if (running === undefined && asked.kind === 'run') throw failed('its process has ended')
    running ??= start(command)
    const reply = await ask(running, asked).catch((error: unknown) => {
      close()
      throw error
    })
    if (reply.kind === 'failed') throw failed(reply.reason)
    if (isOf(reply, kind)) return reply
    throw failed(`it answered "${reply.kind}"`)
  }
  return {
    close,
    contestant: (request, onFacts) => ({
      name: request.contestant,
      prepare: async () => {
        const { firstMs, sample, facts } = await answered(request, 'ready')
        onFacts(facts)
        const data = Float32Array.from(sample, (value) => value ?? Number.NaN)
        return { firstMs, outputs: { y: { shape: [data.length], data } } }
      },
      run: () => answered({ kind: 'run' }, 'ran'),
      close,
    }),
  }
}

type ReplyOf<Kind extends CudaReply['kind']> = Extract<CudaReply, { readonly kind: Kind }>

interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly lines: Interface
  /** The last that it said on stderr. */
  readonly said: () => string
}

function start([program, ...args]: readonly [string, ...string[]]): Running {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptCharacters)
  })
  // That a process has ended is said by its exit, and that there is no such program by the error of `ask`.
  child.stdin.on('error', () => {})
  child.on('error', () => {})
  return { child, lines: createInterface({ input: child.stdout }), said: () => said.trim().split('\n').at(-1) ?? '' }
}

function ask({ child, lines, said }: Running, request: CudaRequest): Promise<CudaReply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      lines.off('line', onLine)
      child.off('close', onClose).off('error', onError)
      act()
    }
    // The protocol is the contestant's too.
    const onLine = (line: string): void => settle(() => resolve(JSON.parse(line) as CudaReply))
    const onClose = (): void => {
      const how = child.signalCode ?? `exit code ${child.exitCode}`
      settle(() => reject(failed(`its process ended (${how}) ${said()}`.trim())))
    }
    const onError = (error: Error): void => settle(() => reject(failed(error.message)))
    const timer = setTimeout(() => settle(() => reject(failed(`no answer in ${patienceMs / 1000} s`))), patienceMs)
    lines.on('line', onLine)
    child.on('close', onClose).on('error', onError)
    if (child.exitCode === null && child.signalCode === null) child.stdin.write(`${JSON.stringify(request)}\n`)
    else onClose()
  })
}

function isOf<Kind extends CudaReply['kind']>(reply: CudaReply, kind: Kind): reply is ReplyOf<Kind> {
  return reply.kind === kind
}
