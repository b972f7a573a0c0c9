/** A contestant in a process of its own, driven from here one request at a time. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CompileError } from '@tilewright/ir'
import type { FirstRun, Reply, Request, Sample } from './protocol.js'

/** A contestant on one case. Every promise rejects with `CompileError` `bench/contestant` when it fails or takes too long. */
export interface Contestant {
  readonly name: string
  readonly prepare: () => Promise<FirstRun>
  readonly run: () => Promise<Sample>
  /** Ends it; idempotent. */
  readonly close: () => void
}

/** A contestant that has not answered by then is given up. */
const patienceMs = 180_000

/** What is kept of what a process says on stderr, to tell why it ended. */
const keptCharacters = 2000

/** Starts the process of a contestant. */
export function spawnContestant(request: Extract<Request, { readonly kind: 'prepare' }>): Contestant {
  // Where the build puts process.ts, seen from the file that this one is bundled into.
  const program = fileURLToPath(new URL('./contestants/process.js', import.meta.url))
  const child = fork(program, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Typed arrays travel as they are.
    serialization: 'advanced',
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-keptCharacters)
  })
  const ask = async (asked: Request): Promise<Reply> => {
    const reply = await replyOf(child, asked, () => said)
    if (reply.kind === 'failed') throw failed(reply.reason)
    return reply
  }
  return {
    name: request.contestant,
    prepare: async () => {
      const reply = await ask(request)
      if (reply.kind === 'ready') return reply
      throw failed(`it answered "${reply.kind}"`)
    },
    run: async () => {
      const reply = await ask({ kind: 'run' })
      if (reply.kind === 'ran') return reply
      throw failed(`it answered "${reply.kind}"`)
    },
    // Nothing is worth waiting for: drivers have been seen to hang in an orderly exit.
    close: () => child.kill('SIGKILL'),
  }
}

/** A contestant that cannot take part. */
export function missingContestant(name: string, reason: string): Contestant {
  const refuse = (): Promise<never> => Promise.reject(failed(reason))
  return { name, prepare: refuse, run: refuse, close: () => {} }
}

function replyOf(child: ChildProcess, request: Request, said: () => string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      act()
    }
    // Both ends are this program: only replies come back.
    const onMessage = (message: unknown): void => settle(() => resolve(message as Reply))
    const onExit = (code: number | null, signal: string | null): void => {
      const last = said().trim().split('\n').at(-1) ?? ''
      settle(() => reject(failed(`its process ended (${signal ?? `exit code ${code}`}) ${last}`.trim())))
    }
    const onError = (error: Error): void => settle(() => reject(failed(error.message)))
    const timer = setTimeout(() => settle(() => reject(failed(`no answer in ${patienceMs / 1000} s`))), patienceMs)
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    if (child.connected) child.send(request)
    else onExit(child.exitCode, child.signalCode)
  })
}

/** What a contestant's promises are rejected with. */
export function failed(reason: string): CompileError {
  return new CompileError({ code: 'bench/contestant', message: reason })
}
