// The fenced blocks of a page in Markdown, and what runs them. A block in js, sh, html or console says after its language what
// becomes of it, so that none is forgotten:
//
//   file=NAME      it is saved in the page's folder, under that name
//   run            it runs there: as a module, as shell commands; of `console`, the lines after `$`, whose output must be what
//                  the block shows, where `…` stands for anything in a line, or alone for lines
//   skip="WHY"     it cannot run here
//
// A `text output` block is the output of the block that ran before it. Other languages are not looked at.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface Snippet {
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  readonly file: string | undefined
  readonly run: boolean
  /** Whether it is what the block before it prints. */
  readonly isOutput: boolean
  /** Why it does not run. */
  readonly skip: string | undefined
}

const executable = new Set(['js', 'ts', 'sh', 'html', 'console'])

/** The blocks of a page, in order; those in lists without their indentation. */
export function snippetsOf(markdown: string): readonly Snippet[] {
  const snippets: Snippet[] = []
  const lines = markdown.split('\n')
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', fence, info = ''] = /^( *)(`{3,})(.*)$/.exec(lines[i] ?? '') ?? []
    if (fence === undefined) continue
    const start = i + 1
    do i += 1
    while (i < lines.length && lines[i]?.trim() !== fence)
    const code = lines.slice(start, i).map((line) => line.slice(line.startsWith(indent) ? indent.length : 0))
    snippets.push({ line: start + 1, code: `${code.join('\n')}\n`, ...marksOf(info) })
  }
  return snippets
}

function marksOf(info: string): Omit<Snippet, 'line' | 'code'> {
  const [language = '', ...marks] = info.match(/[^\s"]+(?:"[^"]*")?/g) ?? []
  const marked = (name: string): string | undefined =>
    marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1)
  return {
    language,
    file: marked('file'),
    run: marks.includes('run'),
    isOutput: language === 'text' && marks.includes('output'),
    skip: marked('skip')?.slice(1, -1),
  }
}

/** What is wrong with the marks of a page: a block that neither runs, nor is saved, nor says why. */
export function unmarked(snippets: readonly Snippet[]): readonly string[] {
  return snippets
    .filter(({ language, file, run, skip }) => executable.has(language) && file === undefined && !run && !skip)
    .map(({ line, language }) => `line ${line}: a ${language} block is marked neither run, nor file=, nor skip="why"`)
}

/**
 * Does what the blocks of a page say, in order, in an empty folder below the root's node_modules, where the built packages
 * are found by name; `given` are files that the page presumes. Gives the folder. Rejects with what the first block that
 * fails printed, or with how the output differs from what the page shows.
 */
export async function runPage(
  root: string,
  page: string,
  given: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  const folder = join(root, 'node_modules', '.cache', 'docs', page.replaceAll(/[/.]/g, '-'))
  rmSync(folder, { recursive: true, force: true })
  const save = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  for (const [name, content] of Object.entries(given)) save(name, content)
  let output = ''
  for (const snippet of snippetsOf(readFileSync(join(root, page), 'utf8'))) {
    const { line, language, code, file, run, isOutput } = snippet
    const where = `${page}, line ${line}`
    const name = file ?? `snippet-${line}.mjs`
    if (file !== undefined || (run && language === 'js')) save(name, code)
    if (isOutput) expectOutput(output, code, where)
    if (!run) continue
    const shown = language === 'console' ? code.split('\n').filter((one) => one.startsWith('$ ')) : []
    const commands = language === 'js' ? `node ${name}` : shown.map((one) => one.slice(2)).join('\n') || code
    output = await runIn(folder, commands, where)
    if (language === 'console') expectOutput(output, code.replaceAll(/^\$ .*\n/gm, ''), where)
  }
  return folder
}

async function runIn(folder: string, commands: string, where: string): Promise<string> {
  const child = spawn('/bin/sh', ['-ec', commands], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', NODE_ENV: '' },
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code === 0) return stdout
  throw new RangeError(`${where}: ends with exit code ${code}\n${stdout}${stderr}`)
}

function expectOutput(output: string, expected: string, where: string): void {
  const tidy = (given: string): string => given.replaceAll(/[ \t]+$/gm, '').trim()
  const literal = (part: string): string => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const pattern = tidy(expected)
    .split('\n')
    .map((line) => (line.trim() === '…' ? '(?:.*\n)*' : `${line.split('…').map(literal).join('.*')}\n`))
  if (new RegExp(`^${pattern.join('')}$`).test(`${tidy(output)}\n`)) return
  throw new RangeError(`${where}: the page shows\n${tidy(expected)}\nand the output is\n${tidy(output)}`)
}
