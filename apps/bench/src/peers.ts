/**
 * Peers: other people's libraries, in the exact versions below. They are installed on demand into a cache folder of the user,
 * never into the workspace, and without running their scripts.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import type { ContestantName } from './contestants/contestant.js'

export interface Peer {
  readonly package: string
  readonly version: string
}

const onnxRuntime: Peer = { package: 'onnxruntime-node', version: '1.30.0' }

/** The package of each contestant but ourselves. */
export const peers: Readonly<Record<Exclude<ContestantName, 'tilewright'>, Peer>> = {
  'onnxruntime-webgpu': onnxRuntime,
  'onnxruntime-cpu': onnxRuntime,
  'jax-js': { package: '@jax-js/jax', version: '0.1.25' },
}

/**
 * The folder in whose `node_modules` a peer is, after installing it when it is not.
 * Rejects with `CompileError` `bench/peer` when npm cannot.
 */
export async function installPeer(peer: Peer, note: (line: string) => void): Promise<string> {
  const spec = `${peer.package}@${peer.version}`
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const folder = join(cache, 'tilewright', 'bench-peers', spec.replaceAll('/', '+'))
  // npm writes this file last, so a folder with it is whole.
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return folder
  note(`installing ${spec} into ${folder}…`)
  mkdirSync(folder, { recursive: true })
  await npmInstall(spec, folder)
  return folder
}

function npmInstall(spec: string, folder: string): Promise<void> {
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, spec]
  // On Windows npm is a script, which only a shell starts.
  const options = { cwd: folder, shell: process.platform === 'win32', timeout: 600_000 }
  return new Promise((resolve, reject) => {
    execFile('npm', args, options, (error, _stdout, stderr) => {
      if (error === null) return resolve()
      // The first line of npm's complaint is a code, the second a sentence.
      const said = stderr.split('\n').flatMap((line) => /^npm (?:error|ERR!) (?!code)(.+)/.exec(line)?.[1] ?? [])
      const message = `${spec} cannot be installed: ${said[0] ?? error.message}`
      reject(new CompileError({ code: 'bench/peer', message, cause: error }))
    })
  })
}
