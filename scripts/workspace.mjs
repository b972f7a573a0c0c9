// What `npm start` and `npm test` do before their own work: they leave an installed and built workspace, on a machine that had
// only Node and npm, and do nothing the second time. Plain JavaScript on Node's own modules, because nothing is installed yet.
// Everything printed on the way goes to stderr: stdout belongs to the command itself.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

const OLDEST_NODE = { major: 20, minor: 19 }
/** The command line and all below it; JavaScript alone, since nobody reads the declarations here. */
const BUILD = ['run', 'build:js', '--filter=./packages/*', '--filter=./apps/*', '--output-logs=new-only', '--no-color']
/** What turbo writes of a package when it begins to build it, and of no other. */
const BEGUN = /^(\S+?):build\S*: cache miss, executing/gm
const INSTALL_STAMP = join(ROOT, 'node_modules', '.tilewright-install')

/** Installs and builds what is missing or out of date. Exits the process with the failing step's code. */
export async function prepare() {
  checkNodeVersion()
  const pnpm = findPnpm()
  const stamp = installStamp()
  if (!existsSync(INSTALL_STAMP) || readFileSync(INSTALL_STAMP, 'utf8') !== stamp) {
    console.error('Installing dependencies (a minute or two, once) …')
    await step([...pnpm, 'install', '--frozen-lockfile'], 'install', () => {})
    writeFileSync(INSTALL_STAMP, stamp)
  }
  await step(
    [...pnpm, 'exec', 'turbo', ...BUILD],
    'build',
    announce('Building (half a minute; only what has changed) …'),
  )
}

/**
 * Takes turbo's output so far, and says something when the first package is built, and then each one.
 *
 * @param {string} saying
 * @param {(line: string) => void} [say]
 */
export function announce(saying, say = console.error) {
  let said = 0
  return (/** @type {string} */ output) => {
    const begun = [...output.matchAll(BEGUN)].map(([, name = '']) => name)
    if (said === 0 && begun.length > 0) say(saying)
    for (const name of begun.slice(said)) say(`  ${name}`)
    said = begun.length
  }
}

/**
 * Sets everything up and packs the packages, as they are published, into `folder`.
 *
 * @param {string} folder
 */
export async function packInto(folder) {
  await prepare()
  const pnpm = findPnpm()
  await step(
    [...pnpm, 'exec', 'turbo', 'run', 'build', '--filter=./packages/*', '--no-color'],
    'build',
    announce('Writing declarations (a minute or two; only what has changed) …'),
  )
  console.error('Packing …')
  const only = ['--filter', './packages/*']
  await step([...pnpm, '-r', ...only, 'pack', '--pack-destination', folder], 'pack', () => {})
}

/**
 * Runs a Node program to its end and exits with its code. `file` is relative to the root; `cwd` defaults to the root.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
export async function finishWith(file, args, cwd = ROOT) {
  process.exit(await run([process.execPath, join(ROOT, file), ...args], { stdio: 'inherit', cwd }))
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor)) return
  console.error(`Tilewright needs Node ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer; this is ${process.version}.`)
  process.exit(1)
}

/** The pinned pnpm: the one on PATH if it is that version, else through npx, which fetches it once. */
function findPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const pinned = packageManager.replace('pnpm@', '')
  // Outside the workspace, where pnpm would not look for the pinned version of itself.
  const { stdout } = spawnSync('pnpm', ['--version'], { cwd: dirname(ROOT), encoding: 'utf8', shell: isWindows })
  return stdout?.trim() === pinned ? ['pnpm'] : ['npx', '--yes', packageManager]
}

/** Changes whenever an install may have something to do. */
function installStamp() {
  const hash = createHash('sha256')
  for (const name of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
    hash.update(readFileSync(join(ROOT, name)))
  return hash.digest('hex')
}

const isWindows = process.platform === 'win32'

/**
 * Runs one step of the set-up, and shows its output when it fails. `watch` is given all of it so far with each piece.
 *
 * @param {readonly string[]} command
 * @param {string} what
 * @param {(output: string) => void} watch
 */
async function step(command, what, watch) {
  let output = ''
  const code = await run(command, { stdio: ['ignore', 'pipe', 'pipe'], cwd: ROOT }, (chunk) => {
    output += chunk
    watch(output)
  })
  if (code === 0) return
  process.stderr.write(output)
  console.error(`The ${what} step failed with exit code ${code}: ${command.join(' ')}`)
  process.exit(code)
}

/**
 * @param {readonly string[]} command
 * @param {import('node:child_process').SpawnOptions} options
 * @param {(chunk: string) => void} [onOutput] takes what is written to pipes
 * @returns {Promise<number>} the exit code, or 128 + the signal's number
 */
function run([program = '', ...args], options, onOutput) {
  // Ctrl-C reaches the child too: let it finish in its own way and report its code.
  process.on('SIGINT', () => {})
  const environment = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', ...process.env }
  // On Windows pnpm and npx are scripts, which only a shell starts; their arguments are all our own and need no quoting.
  const shell = isWindows && program !== process.execPath
  /** @type {import('node:child_process').ChildProcess} */
  const child = spawn(program, args, { ...options, env: environment, shell })
  if (onOutput) for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`)
      resolve(127)
    })
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
