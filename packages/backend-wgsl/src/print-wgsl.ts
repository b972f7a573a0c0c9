/**
 * Prints a lowered kernel as WGSL. Bindings are the kernel's used storage buffers in their order, then one uniform block
 * of scalars; the entry is always `main`, so that equal kernels have equal source.
 */
import {
  type BufferUsage,
  bufferParam,
  bufferUsage,
  type CLikeLanguage,
  type CLikePrinter,
  type Code,
  call,
  cLikeExprs,
  cLikeStmts,
  createCLikePrinter,
  createScalarBlock,
  type EmittedKernel,
  type ExprPrinters,
  floatBits,
  formatFloat,
  level,
  literal,
  primary,
  requireLowered,
  type ScalarBlock,
  type StmtPrinters,
  usedBuiltins,
} from '@tilewright/backend'
import {
  type Atomic,
  type Binary,
  type Buffer,
  type Builtin,
  type Const,
  type DType,
  defined,
  type Expr,
  evaluateBinary,
  type HalfDType,
  InternalError,
  isHalf,
  type Kernel,
  UnsupportedError,
  walkStmts,
} from '@tilewright/ir'
import { reserved } from './keywords.js'
import { accessType, narrowed, roundings, variableType, vectorIndex, widened, workgroupBytes } from './wgsl-memory.js'

/** How each builtin is given to an entry point, and its value as an i32. */
const builtins: Readonly<Record<Builtin, { readonly parameter: string; readonly value: string }>> = {
  thread: {
    parameter: '@builtin(local_invocation_index) local_invocation_index: u32',
    value: 'i32(local_invocation_index)',
  },
  lane: {
    parameter: '@builtin(subgroup_invocation_id) subgroup_invocation_id: u32',
    value: 'i32(subgroup_invocation_id)',
  },
  subgroup: {
    parameter: '@builtin(subgroup_id) subgroup_id: u32',
    value: 'i32(subgroup_id)',
  },
  'workgroup-x': workgroupId('x'),
  'workgroup-y': workgroupId('y'),
  'workgroup-z': workgroupId('z'),
}

function workgroupId(axis: string): { readonly parameter: string; readonly value: string } {
  return {
    parameter: '@builtin(workgroup_id) workgroup_id: vec3<u32>',
    value: `i32(workgroup_id.${axis})`,
  }
}

/**
 * WGSL for a kernel that has been through `wgslPipeline`. Throws `CompileError` `ir/not-lowered` for one that has not, and
 * `UnsupportedError` `wgsl/…` for statements that WGSL has nothing for.
 */
export function emitWgsl(kernel: Kernel): EmittedKernel {
  requireLowered(kernel, ['no-for-task', 'flat-indices', 'folded-launch'], 'wgslPipeline(target)')
  const usage = bufferUsage(kernel)
  const scalars = createScalarBlock()
  const globals: string[] = []
  const used = usedBuiltins(kernel)
  const builtinNames = new Map<Builtin, string>()
  const p = createCLikePrinter(wgsl({ usage, scalars, globals, builtinNames }))

  const buffers = kernel.params.filter((param) => usage.has(param))
  const bindings = buffers.map((buffer, i) => {
    const of = usageOf(usage, buffer)
    const access = of.written ? 'read_write' : 'read'
    return `@group(0) @binding(${i}) var<storage, ${access}> ${p.declare(buffer)}: array<${accessType(buffer, of)}>;`
  })
  p.nest(() => {
    for (const builtin of used) {
      const name = p.fresh(builtin)
      builtinNames.set(builtin, name)
      p.line(`let ${name} = ${builtins[builtin].value};`)
    }
    p.stmt(kernel.body)
  })

  const parameters = [...new Set(used.map((builtin) => builtins[builtin].parameter))].join(', ')
  const source = [
    ...(used.includes('lane') || used.includes('subgroup') ? ['enable subgroups;'] : []),
    ...(used.includes('subgroup') ? ['requires subgroup_id;'] : []),
    ...bindings,
    ...scalarDeclarations(scalars, buffers.length),
    ...globals,
    '',
    ...halvesStored(kernel).map((dtype) => roundings[dtype]),
    `@compute @workgroup_size(${kernel.threads})`,
    `fn main(${parameters}) {`,
    ...p.lines(),
    '}',
    '',
  ].join('\n')

  let bytes = 0
  for (const [buffer, of] of usage) if (buffer.scope === 'workgroup') bytes += workgroupBytes(buffer, of)
  return {
    pipeline: {
      source,
      entry: 'main',
      threads: kernel.threads,
      workgroupBytes: bytes,
      buffers: buffers.map((buffer) => bufferParam(buffer, usageOf(usage, buffer))),
      scalars: scalars.all().length,
    },
    buffers,
    scalars: scalars.all(),
    workgroups: kernel.workgroups,
  }
}

function halvesStored(kernel: Kernel): readonly HalfDType[] {
  const found = new Set<DType>()
  walkStmts(kernel.body, (stmt) => {
    if (stmt.kind === 'store' || stmt.kind === 'store-vector') found.add(stmt.buffer.dtype)
  })
  return [...found].filter(isHalf).sort()
}

function usageOf(usage: ReadonlyMap<Buffer, BufferUsage>, buffer: Buffer): BufferUsage {
  // A declared buffer that nothing touches is still declared.
  return usage.get(buffer) ?? { written: false, atomic: false, lanes: 1 }
}

function scalarDeclarations(scalars: ScalarBlock, binding: number): readonly string[] {
  const fields = scalars.all().map(({ kind }, i) => `  s${i}: ${kind === 'size' ? 'i32' : 'f32'},`)
  if (fields.length === 0) return []
  return ['struct Scalars {', ...fields, '}', `@group(0) @binding(${binding}) var<uniform> scalars: Scalars;`]
}

interface Context {
  readonly usage: ReadonlyMap<Buffer, BufferUsage>
  readonly scalars: ScalarBlock
  /** Module-scope declarations of workgroup memory, filled while the body is printed. */
  readonly globals: string[]
  readonly builtinNames: ReadonlyMap<Builtin, string>
}

function wgsl(context: Context): CLikeLanguage {
  return { reserved, exprs: exprPrinters(context), stmts: stmtPrinters(context) }
}

function exprPrinters({ usage, scalars, builtinNames }: Context): ExprPrinters {
  return {
    ...cLikeExprs,
    const: (expr) => constantCode(expr, scalars),
    size: (expr) => primary(`scalars.s${scalars.size(expr.size)}`),
    builtin: (expr) => primary(defined(builtinNames.get(expr.name), `builtin ${expr.name} has no name`)),
    binary: (expr, p) => {
      const folded = foldFloats(expr)
      if (folded !== undefined) return constantCode(folded, scalars)
      // Never `&&` and `||`: both sides are harmless to evaluate, and SwiftShader takes time exponential in the number of
      // short-circuits to compile a kernel (64 guarded loads: 1.5 s so, over 10 minutes with `&&`).
      if (expr.op === 'and' || expr.op === 'or') {
        const chained = expr.left.kind === 'binary' && expr.left.op === expr.op
        const left = p.text(expr.left, chained ? level.bits : level.unary)
        return {
          text: `${left} ${expr.op === 'and' ? '&' : '|'} ${p.text(expr.right, level.unary)}`,
          level: level.bits,
        }
      }
      if (expr.op !== 'shl' && expr.op !== 'shr') return cLikeExprs.binary(expr, p)
      // The amount is a u32; constants must be below 32, others are taken modulo 32.
      const amount =
        expr.right.kind === 'const' ? `${Number(expr.right.value) & 31}u` : call('u32', [p.text(expr.right)]).text
      const text = `${p.text(expr.left, level.unary)} ${expr.op === 'shl' ? '<<' : '>>'} ${amount}`
      return { text, level: level.shift }
    },
    // Both arms are evaluated. That is harmless: a load out of bounds reads some element of the same buffer, and an
    // integer division by zero has a value.
    select: (expr, p) => call('select', [p.text(expr.else), p.text(expr.then), p.text(expr.cond)]),
    cast: (expr, p) => call(expr.dtype, [p.text(expr.value)]),
    bitcast: (expr, p) => call(`bitcast<${expr.dtype}>`, [p.text(expr.value)]),
    load: (expr, p) => {
      const { lanes, atomic } = usageOf(usage, expr.buffer)
      const element = elementCode(expr.buffer, expr.index, lanes, p)
      return widened(expr.buffer, 1, atomic ? call('atomicLoad', [`&${element.text}`]) : element)
    },
  }
}

/** The value of an operation on two f32 constants: WGSL refuses constant expressions that overflow. */
function foldFloats({ op, left, right }: Binary): Const | undefined {
  const areFloats = left.kind === 'const' && right.kind === 'const' && left.dtype === 'f32'
  return areFloats ? evaluateBinary(op, left, right) : undefined
}

function constantCode({ dtype, value }: Const, scalars: ScalarBlock): Code {
  if (typeof value === 'boolean') return primary(String(value))
  switch (dtype) {
    case 'f32':
      if (!Number.isFinite(value)) return primary(`scalars.s${scalars.bits(floatBits(value))}`)
      return literal(`${formatFloat(value)}f`)
    case 'u32':
      return primary(`${value}u`)
    case 'i32':
      // The literal 2147483648 alone is no i32.
      return value === -(2 ** 31) ? primary('i32(-2147483648)') : literal(String(value))
    case 'bool':
      throw new InternalError('a bool constant holds a number')
  }
}

/** The place of one element; a component of a vector where the buffer holds vectors. */
function elementCode(buffer: Buffer, index: readonly Expr[], lanes: 1 | 2 | 4, p: CLikePrinter): Code {
  const name = p.bufferName(buffer)
  const [flat] = index
  if (flat === undefined) return primary(buffer.scope === 'storage' ? `${name}[0]` : name)
  if (lanes === 1) return primary(`${name}[${p.text(flat)}]`)
  if (flat.kind === 'const') {
    const at = Number(flat.value)
    return primary(`${name}[${Math.floor(at / lanes)}][${at & (lanes - 1)}]`)
  }
  const text = p.text(flat, level.unary)
  return primary(`${name}[${text} >> ${lanes === 4 ? 2 : 1}u][${text} & ${lanes - 1}]`)
}

function stmtPrinters({ usage, globals }: Context): StmtPrinters {
  const unsupported = (what: string, stmt: string) => (): never => {
    throw new UnsupportedError({
      code: `wgsl/${what}`,
      message: `WGSL has nothing for ${stmt}`,
      help: 'choose a schedule without it, or another backend',
    })
  }
  const lowered = (stmt: string) => (): never => {
    throw new InternalError(`${stmt} reached the WGSL printer`)
  }
  return {
    ...cLikeStmts({
      value: (name) => `let ${name}`,
      variable: (name) => `var ${name}`,
      counter: (name) => `var ${name}`,
    }),
    declare: ({ buffer }, p) => {
      const type = variableType(buffer, usageOf(usage, buffer))
      const name = p.declare(buffer)
      if (buffer.scope === 'private') p.line(`var ${name}: ${type};`)
      else globals.push(`var<workgroup> ${name}: ${type};`)
    },
    store: ({ buffer, index, value }, p) => {
      const { lanes, atomic } = usageOf(usage, buffer)
      // Two threads that write components of one vector would race.
      if (lanes !== 1) throw new InternalError(`scalar store to "${buffer.hint}", which is accessed in vectors`)
      const target = elementCode(buffer, index, 1, p).text
      const word = narrowed(buffer, p.code(value)).text
      p.line(atomic ? `atomicStore(&${target}, ${word});` : `${target} = ${word};`)
    },
    'load-vector': ({ vars, buffer, index, guard }, p) => {
      const lanes = vars.length === 2 ? 2 : 4
      const vector = `${p.bufferName(buffer)}[${p.text(vectorIndex(index, lanes))}]`
      const type = accessType(buffer, usageOf(usage, buffer))
      const word = guard === undefined ? vector : `select(${type}(), ${vector}, ${p.text(guard)})`
      const name = p.fresh(buffer.hint)
      p.line(`let ${name} = ${widened(buffer, lanes, primary(word)).text};`)
      for (const [i, target] of vars.entries()) p.alias(target, primary(`${name}.${'xyzw'.charAt(i)}`))
    },
    'store-vector': ({ buffer, index, values }, p) => {
      const lanes = values.length === 2 ? 2 : 4
      const words = values.map((value) => narrowed(buffer, p.code(value)).text)
      const type = accessType(buffer, usageOf(usage, buffer))
      p.line(`${p.bufferName(buffer)}[${p.text(vectorIndex(index, lanes))}] = ${type}(${words.join(', ')});`)
    },
    atomic: (stmt, p) => printAtomic(stmt, p),
    barrier: ({ participants, memory }, p) => {
      if (participants === 'subgroup') return unsupported('subgroup-barrier', 'a barrier of one subgroup')()
      p.line(memory === 'workgroup' ? 'workgroupBarrier();' : 'storageBarrier();')
    },
    'async-copy': lowered('an async copy'),
    'async-commit': lowered('an async copy'),
    'async-wait': lowered('an async copy'),
    'declare-mbarrier': unsupported('mbarrier', 'mbarriers'),
    'mbarrier-arrive': unsupported('mbarrier', 'mbarriers'),
    'mbarrier-wait': unsupported('mbarrier', 'mbarriers'),
    'load-matrices': unsupported('load-matrices', 'load-matrices'),
    shuffle: unsupported('shuffle', 'shuffles'),
    'tile-copy': unsupported('tile-copy', 'copies of tiles'),
    'async-multiply': unsupported('async-multiply', 'asynchronous products'),
    'async-multiply-wait': unsupported('async-multiply', 'asynchronous products'),
    'matrix-multiply': unsupported('matrix-multiply', 'matrix-multiply on fragments with known maps'),
  }
}

const atomicFunctions = { add: 'atomicAdd', min: 'atomicMin', max: 'atomicMax' } as const

function printAtomic({ op, buffer, index, value, previous }: Atomic, p: CLikePrinter): void {
  const target = elementCode(buffer, index, 1, p).text
  const update = `${atomicFunctions[op]}(&${target}, ${p.text(value)});`
  p.line(previous === undefined ? update : `let ${p.bind(previous)} = ${update}`)
}
