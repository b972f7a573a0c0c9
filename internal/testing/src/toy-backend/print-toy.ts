// Prints lowered kernels as JavaScript in which each thread is a generator, and a barrier is where it yields.
import {
  bufferUsage,
  type CLikePrinter,
  call,
  cLikeStmts,
  createCLikePrinter,
  createScalarBlock,
  type EmittedKernel,
  type ExprPrinters,
  primary,
  requireLowered,
  type ScalarBlock,
  type StmtPrinters,
} from '@tilewright/backend'
import {
  type Buffer,
  computeType,
  type DType,
  type Expr,
  InternalError,
  isHalf,
  type Kernel,
  UnsupportedError,
} from '@tilewright/ir'

/** Printers in the place of the toy's own. */
export interface ReplacedPrinters {
  readonly exprs?: Partial<ExprPrinters>
  readonly stmts?: Partial<StmtPrinters>
}

/** The arrays in which elements lie: f16 and bf16 as their bits. */
const arrays: Readonly<Record<DType, string>> = {
  f32: 'Float32Array',
  f16: 'Uint16Array',
  bf16: 'Uint16Array',
  i32: 'Int32Array',
  u32: 'Uint32Array',
  i8: 'Int8Array',
  u8: 'Uint8Array',
  bool: 'Uint8Array',
}

export const toyElementBytes: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
}

/** Names that printed source finds around it. */
const reserved = new Set([
  'memory',
  'scalars',
  'grid',
  'run',
  'op',
  'toElement',
  'toValue',
  'i',
  'thread',
  'wx',
  'wy',
  'wz',
])

/** JavaScript for a kernel that has been through the toy's passes. */
export function emitToy(kernel: Kernel, replaced: ReplacedPrinters = {}): EmittedKernel {
  requireLowered(kernel, ['no-for-task', 'flat-indices', 'folded-launch'], 'toy().pipeline(target)')
  const usage = bufferUsage(kernel)
  const scalars = createScalarBlock()
  const tiles: string[] = []
  const exprs: ExprPrinters = { ...exprPrinters(scalars), ...replaced.exprs }
  const stmts: StmtPrinters = { ...stmtPrinters(tiles), ...replaced.stmts }
  const p = createCLikePrinter({ reserved, exprs, stmts })
  const buffers = kernel.params.filter((param) => usage.has(param))
  const views = buffers.map((buffer, i) => {
    const bytes = `memory[${i}]`
    const elements = `${bytes}.byteLength / ${toyElementBytes[buffer.dtype]}`
    return `const ${p.declare(buffer)} = new ${arrays[buffer.dtype]}(${bytes}.buffer, ${bytes}.byteOffset, ${elements});`
  })
  p.nest(() => p.stmt(kernel.body))
  const source = [
    '(memory, scalars, grid, run, op, toElement, toValue) => {',
    ...views,
    'for (let wz = 0; wz < grid[2]; wz++) for (let wy = 0; wy < grid[1]; wy++) for (let wx = 0; wx < grid[0]; wx++) {',
    ...tiles,
    `run(${kernel.threads}, function* (thread) {`,
    ...p.lines(),
    '});',
    '}',
    '}',
  ].join('\n')
  return {
    pipeline: {
      source,
      entry: 'main',
      threads: kernel.threads,
      workgroupBytes: [...usage.keys()].reduce((sum, buffer) => sum + bytesOf(buffer), 0),
      buffers: buffers.map((buffer) => ({
        access: usage.get(buffer)?.written ? 'read-write' : 'read',
        dtype: buffer.dtype,
        lanes: 1,
      })),
      scalars: scalars.all().length,
    },
    buffers,
    scalars: scalars.all(),
    workgroups: kernel.workgroups,
  }
}

function bytesOf(buffer: Buffer): number {
  return buffer.scope === 'workgroup' ? elementsOf(buffer) * toyElementBytes[buffer.dtype] : 0
}

function elementsOf({ shape }: Buffer): number {
  return shape.reduce<number>((product, extent) => product * Number(extent), 1)
}

export function elementText(buffer: Buffer, index: readonly Expr[], p: CLikePrinter): string {
  const [flat] = index
  return `${p.bufferName(buffer)}[${flat === undefined ? 0 : p.text(flat)}]`
}

function loaded({ dtype }: Buffer, element: string): string {
  if (isHalf(dtype)) return `toValue('${dtype}', ${element})`
  return dtype === 'bool' ? `(${element} !== 0)` : element
}

function exprPrinters(scalars: ScalarBlock): ExprPrinters {
  const quoted = (...words: readonly string[]): readonly string[] => words.map((word) => `'${word}'`)
  return {
    const: ({ value }) => primary(Object.is(value, -0) ? '(-0)' : `(${value})`),
    var: ({ hint }) => {
      throw new InternalError(`variable "${hint}" is used where it is not bound`)
    },
    size: ({ size }) => primary(`scalars[${scalars.size(size)}]`),
    builtin: ({ name }) => {
      if (name === 'lane' || name === 'subgroup') throw lacks(name)
      return primary(name === 'thread' ? 'thread' : `w${name.at(-1)}`)
    },
    unary: ({ op, value }, p) => call('op.unary', [...quoted(op, value.dtype), p.text(value)]),
    binary: ({ op, left, right }, p) => {
      if (op === 'and') return primary(`(${p.text(left)} && ${p.text(right)})`)
      if (op === 'or') return primary(`(${p.text(left)} || ${p.text(right)})`)
      return call('op.binary', [...quoted(op, left.dtype), p.text(left), p.text(right)])
    },
    select: (expr, p) => primary(`(${p.text(expr.cond)} ? ${p.text(expr.then)} : ${p.text(expr.else)})`),
    cast: ({ dtype, value }, p) => call('op.cast', [...quoted(dtype, value.dtype), p.text(value)]),
    bitcast: ({ dtype, value }, p) => call('op.bitcast', [...quoted(dtype, value.dtype), p.text(value)]),
    load: ({ buffer, index }, p) => primary(loaded(buffer, elementText(buffer, index, p))),
  }
}

function lacks(what: string): UnsupportedError {
  return new UnsupportedError({ code: 'toy/statement', message: `the toy has no ${what}` })
}

function stmtPrinters(tiles: string[]): StmtPrinters {
  const unsupported = ({ kind }: { readonly kind: string }): never => {
    throw lacks(kind)
  }
  return {
    ...cLikeStmts({
      value: (name) => `const ${name}`,
      variable: (name) => `let ${name}`,
      counter: (name) => `let ${name}`,
    }),
    // Every buffer is an array: none is declared with its first value.
    seq: ({ body }, p) => {
      for (const stmt of body) p.stmt(stmt)
    },
    declare: ({ buffer }, p) => {
      const line = `const ${p.declare(buffer)} = new ${arrays[buffer.dtype]}(${elementsOf(buffer)});`
      if (buffer.scope === 'workgroup') tiles.push(line)
      else p.line(line)
    },
    store: ({ buffer, index, value }, p) => {
      const text = p.text(value)
      p.line(
        `${elementText(buffer, index, p)} = ${isHalf(buffer.dtype) ? `toElement('${buffer.dtype}', ${text})` : text};`,
      )
    },
    atomic: ({ op, buffer, index, value, previous }, p) => {
      const element = elementText(buffer, index, p)
      const update = `${element} = op.binary('${op}', '${computeType(buffer.dtype)}', ${element}, ${p.text(value)});`
      if (previous !== undefined) p.line(`const ${p.bind(previous)} = ${element};`)
      p.line(update)
    },
    barrier: ({ participants }, p) => {
      if (participants === 'subgroup') throw lacks('barrier of a subgroup')
      p.line('yield;')
    },
    // Copied at once, which is the earliest moment that is allowed.
    'async-copy': ({ destination, destinationIndex, source, sourceIndex, elements, guard }, p) => {
      const [to, from] = [elementText(destination, destinationIndex, p), elementText(source, sourceIndex, p)]
      const offset = (element: string): string => `${element.slice(0, -1)} + i]`
      const value = guard === undefined ? offset(from) : `${p.text(guard)} ? ${offset(from)} : 0`
      p.line(`for (let i = 0; i < ${elements}; i++) ${offset(to)} = ${value};`)
    },
    'async-commit': () => undefined,
    'async-wait': () => undefined,
    'load-vector': unsupported,
    'store-vector': unsupported,
    'declare-mbarrier': unsupported,
    'mbarrier-arrive': unsupported,
    'mbarrier-wait': unsupported,
    'load-matrices': unsupported,
    shuffle: unsupported,
    'tile-copy': unsupported,
    'async-multiply': unsupported,
    'async-multiply-wait': unsupported,
    'matrix-multiply': unsupported,
  }
}
