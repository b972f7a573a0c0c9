/**
 * Prints a lowered kernel as CUDA C++. Parameters are pointers to the used storage buffers in the order of the kernel's,
 * then its scalars; the entry is always `main_kernel`, so that equal kernels have equal source.
 *
 * Signed arithmetic is printed as C++ has it: where an i32 overflows, C++ gives no promise. Quotients of the minimum by -1,
 * on which processors trap, are kept from it where the divisor may be -1. Quotients by sizes are products with reciprocals
 * that the host computes.
 */
import {
  type BufferUsage,
  bufferParam,
  bufferUsage,
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
  type Buffer,
  type Builtin,
  type Const,
  type DType,
  defined,
  type Expr,
  InternalError,
  isHalf,
  type Kernel,
  type ScalarType,
  type Stmt,
  walkStmts,
} from '@tilewright/ir'
import { elementsOf, elementText, elementTypes, halves, scalarTypes } from './cuda-types.js'
import { type Intrinsic, intrinsicsSource } from './intrinsics.js'
import { reserved } from './keywords.js'
import { writesTiles } from './print-async-multiply.js'
import { type CooperationPrinters, cooperationPrinters, dynamicShared } from './print-cooperation.js'
import { type SharedMemory, sharedMemory } from './shared-memory.js'
import { createTileMaps } from './tile-maps.js'

/** What conversions of bits call the types. */
const cudaNames: Readonly<Record<ScalarType, string>> = { f32: 'float', i32: 'int', u32: 'uint', bool: 'bool' }

const vectorTypes: Readonly<Partial<Record<DType, string>>> = { f32: 'float', i32: 'int', u32: 'uint' }

/** What registers hold several of. */
const narrow: ReadonlySet<DType> = new Set<DType>(['f16', 'bf16', 'i8', 'u8'])

const builtins: Readonly<Record<Builtin, string>> = {
  thread: 'threadIdx.x',
  lane: 'threadIdx.x % 32',
  subgroup: 'threadIdx.x / 32',
  'workgroup-x': 'blockIdx.x',
  'workgroup-y': 'blockIdx.y',
  'workgroup-z': 'blockIdx.z',
}

/**
 * CUDA C++ for a kernel that has been through `cudaPipeline`. Throws `CompileError` `ir/not-lowered` for one that has not, and
 * `UnsupportedError` `cuda/…` for statements that this printer does not know.
 */
export function emitCuda(kernel: Kernel): EmittedKernel {
  requireLowered(kernel, ['no-for-task', 'flat-indices', 'folded-launch'], 'cudaPipeline(target)')
  const usage = bufferUsage(kernel)
  const scalars = createScalarBlock()
  const builtinNames = new Map<Builtin, string>()
  const intrinsics = new Set<Intrinsic>()
  const use = (name: Intrinsic): void => {
    intrinsics.add(name)
  }
  const shared = sharedMemory(kernel)
  const tileMaps = createTileMaps(scalars)
  const p = createCLikePrinter({
    reserved,
    exprs: exprPrinters(scalars, builtinNames, use),
    stmts: stmtPrinters(
      usage,
      cooperationPrinters({ use, shared, writesTiles: writesTiles(kernel), tileMaps, cluster: kernel.cluster }),
      shared,
    ),
  })
  const buffers = kernel.params.filter((param) => usage.has(param))
  const pointers = buffers.map((buffer) => {
    const type = `${usage.get(buffer)?.written ? '' : 'const '}${elementTypes[buffer.dtype]}`
    return `${type}* __restrict__ ${p.declare(buffer)}`
  })
  p.nest(() => {
    if (shared.dynamic) p.line(`TW_DYNAMIC_SHARED(${dynamicShared});`)
    for (const builtin of usedBuiltins(kernel)) {
      const name = p.fresh(builtin)
      builtinNames.set(builtin, name)
      p.line(`const int ${name} = ${builtins[builtin]};`)
    }
    p.stmt(kernel.body)
    if (kernel.cluster > 1) {
      // No block leaves while others may write to its memory.
      use('tw_meet_cluster')
      p.line('tw_meet_cluster();')
    }
  })
  const maps = tileMaps.all(buffers)
  const parameters = [
    ...pointers,
    ...scalars.all().map((_, i) => `int s${i}`),
    ...maps.map((_, i) => `const __grid_constant__ TwTileMap m${i}`),
  ].join(', ')

  const source = [
    ...headers([...usage.keys()]),
    ...intrinsicsSource(intrinsics, shared),
    `extern "C" __global__ void ${clusterDims(kernel)}__launch_bounds__(${launchBounds(kernel)}) main_kernel(${parameters}) {`,
    ...p.lines(),
    '}',
    '',
  ].join('\n')
  return {
    pipeline: {
      source,
      entry: 'main_kernel',
      threads: kernel.threads,
      workgroupBytes: shared.bytes,
      buffers: buffers.map((buffer) => bufferParam(buffer, usage.get(buffer) ?? { written: false, lanes: 1 })),
      scalars: scalars.all().length,
      ...(maps.length === 0 ? {} : { tileMaps: maps }),
    },
    buffers,
    scalars: scalars.all(),
    workgroups: kernel.workgroups,
  }
}

/** The headers of what C++ has no types for. */
function headers(buffers: readonly Buffer[]): readonly string[] {
  const dtypes = new Set(buffers.map(({ dtype }) => dtype))
  const lines = [...dtypes].filter(isHalf).map((dtype) => `#include <${halves[dtype].header}>`)
  return lines.length === 0 ? [] : [...lines.sort(), '']
}

function exprPrinters(
  scalars: ScalarBlock,
  builtinNames: ReadonlyMap<Builtin, string>,
  use: (name: Intrinsic) => void,
): ExprPrinters {
  return {
    ...cLikeExprs,
    const: constantCode,
    size: ({ size }) => primary(`s${scalars.size(size)}`),
    builtin: ({ name }) => primary(defined(builtinNames.get(name), `builtin ${name} has no name`)),
    unary: (expr, p) => {
      if (expr.op === 'neg' || expr.op === 'not') return cLikeExprs.unary(expr, p)
      if (expr.op === 'abs') return call(expr.dtype === 'f32' ? 'fabsf' : 'abs', [p.text(expr.value)])
      if (expr.op === 'round') return call('rintf', [p.text(expr.value)])
      return call(`${expr.op}f`, [p.text(expr.value)])
    },
    binary: (expr, p) => {
      const { op, left, right } = expr
      if ((op === 'min' || op === 'max') && expr.dtype === 'f32') return call(`f${op}f`, [p.text(left), p.text(right)])
      if (op === 'pow') return call('powf', [p.text(left), p.text(right)])
      if ((op === 'div' || op === 'mod') && right.kind === 'size') {
        const { multiplier, shift } = scalars.reciprocal(right.size)
        const reciprocal = [`s${multiplier}`, `s${shift}`]
        use('tw_divide_by_size')
        if (op === 'div') return call('tw_divide_by_size', [p.text(left), ...reciprocal])
        use('tw_remainder_by_size')
        return call('tw_remainder_by_size', [p.text(left), p.text(right), ...reciprocal])
      }
      if ((op === 'div' || op === 'mod') && expr.dtype === 'i32' && mayBeMinusOne(right)) {
        const name = op === 'div' ? 'tw_divide' : 'tw_remainder'
        use(name)
        return call(name, [p.text(left), p.text(right)])
      }
      if (op !== 'shl' && op !== 'shr') return cLikeExprs.binary(expr, p)
      // C++ has no result for amounts above 31.
      const amount = right.kind === 'const' ? String(Number(right.value) & 31) : `(${p.text(right, level.unary)} & 31)`
      return { text: `${p.text(left, level.unary)} ${op === 'shl' ? '<<' : '>>'} ${amount}`, level: level.shift }
    },
    select: (expr, p) => {
      const cond = p.text(expr.cond)
      return primary(`(${cond} ? ${p.text(expr.then)} : ${p.text(expr.else)})`)
    },
    cast: ({ dtype, value }, p) => {
      if (dtype === 'bool') return { text: `${p.text(value, level.sum)} != 0`, level: level.comparison }
      if (value.dtype === 'f32') return call(dtype === 'i32' ? '__float2int_rz' : '__float2uint_rz', [p.text(value)])
      return { text: `(${scalarTypes[dtype]})${p.text(value, level.unary)}`, level: level.unary }
    },
    bitcast: ({ dtype, value }, p) => call(`__${cudaNames[value.dtype]}_as_${cudaNames[dtype]}`, [p.text(value)]),
    load: ({ buffer, index }, p) => widened(buffer, elementText(buffer, index, p)),
  }
}

function mayBeMinusOne(divisor: Expr): boolean {
  return divisor.kind !== 'const' || divisor.value === -1
}

function constantCode({ dtype, value }: Const): Code {
  if (typeof value === 'boolean') return primary(String(value))
  switch (dtype) {
    case 'f32':
      if (Number.isFinite(value)) return literal(`${formatFloat(value)}f`)
      return call('__int_as_float', [`0x${floatBits(value).toString(16)}`])
    case 'u32':
      return primary(`${value}u`)
    case 'i32':
      return value === -(2 ** 31) ? primary('(-2147483647 - 1)') : literal(String(value))
    case 'bool':
      throw new InternalError('a bool constant holds a number')
  }
}

function widened({ dtype }: Buffer, element: string): Code {
  if (isHalf(dtype)) return call(halves[dtype].load, [element])
  // Other narrow types widen by themselves, but u8 to int: its values fit, its type must be unsigned.
  return dtype === 'u8' ? { text: `(unsigned int)${element}`, level: level.unary } : primary(element)
}

function narrowed({ dtype }: Buffer, value: Code): Code {
  if (isHalf(dtype)) return call(halves[dtype].store, [value.text])
  return dtype === 'i8' || dtype === 'u8' ? primary(`(${elementTypes[dtype]})(${value.text})`) : value
}

function stmtPrinters(
  usage: ReadonlyMap<Buffer, BufferUsage>,
  cooperation: CooperationPrinters,
  shared: SharedMemory,
): StmtPrinters {
  const common = cLikeStmts({
    value: (name, type) => `const ${scalarTypes[type]} ${name}`,
    variable: (name, type) => `${scalarTypes[type]} ${name}`,
    counter: (name) => `int ${name}`,
    loopHint: ({ unroll, body }) => {
      if (unroll) return '#pragma unroll'
      // ptxas takes apart loops of few steps, and then lets their asynchronous products wait for each other (C7518).
      return holds(body, ['async-multiply']) ? '#pragma unroll 1' : undefined
    },
  })
  return {
    ...common,
    declare: ({ buffer }, p) => {
      const { dtype, scope, shape } = buffer
      const type = elementTypes[dtype]
      const offset = shared.offsets.get(buffer)
      if (shared.dynamic && offset !== undefined) {
        p.line(`${type}* const ${p.declare(buffer)} = reinterpret_cast<${type}*>(${dynamicShared} + ${offset});`)
        return
      }
      // Vectors, asynchronous copies and fragments move words of up to 16 bytes.
      const aligned = scope === 'workgroup' || (usage.get(buffer)?.lanes ?? 1) > 1 || narrow.has(dtype)
      const align = aligned && shape.length > 0 ? '__align__(16) ' : ''
      const extent = shape.length === 0 ? '' : `[${Math.max(1, elementsOf(shape))}]`
      p.line(`${scope === 'workgroup' ? '__shared__ ' : ''}${align}${type} ${p.declare(buffer)}${extent};`)
    },
    store: ({ buffer, index, value }, p) => {
      p.line(`${elementText(buffer, index, p)} = ${narrowed(buffer, p.code(value)).text};`)
    },
    'load-vector': ({ vars, buffer, index, guard }, p) => {
      const base = vectorTypes[buffer.dtype]
      const at = p.text(index, level.sum)
      const name = p.bufferName(buffer)
      if (base === undefined) {
        // No vector type of this element: the accesses stay scalar.
        for (const [i, target] of vars.entries()) {
          const element = widened(buffer, `${name}[${at} + ${i}]`).text
          const value = guard === undefined ? element : `${p.text(guard)} ? ${element} : 0`
          p.line(`const ${scalarTypes[target.dtype]} ${p.bind(target)} = ${value};`)
        }
        return
      }
      const type = `${base}${vars.length}`
      const vector = `*reinterpret_cast<const ${type}*>(&${name}[${p.text(index)}])`
      const made = p.fresh(buffer.hint)
      const value = guard === undefined ? vector : `${p.text(guard)} ? ${vector} : ${type}{}`
      p.line(`const ${type} ${made} = ${value};`)
      for (const [i, target] of vars.entries()) p.alias(target, primary(`${made}.${'xyzw'.charAt(i)}`))
    },
    'store-vector': ({ buffer, index, values }, p) => {
      const base = vectorTypes[buffer.dtype]
      const name = p.bufferName(buffer)
      const words = values.map((value) => narrowed(buffer, p.code(value)).text)
      if (base === undefined) {
        const at = p.text(index, level.sum)
        for (const [i, word] of words.entries()) p.line(`${name}[${at} + ${i}] = ${word};`)
        return
      }
      const type = `${base}${values.length}`
      p.line(`*reinterpret_cast<${type}*>(&${name}[${p.text(index)}]) = make_${type}(${words.join(', ')});`)
    },
    atomic: ({ op, buffer, index, value, previous }, p) => {
      const names = { add: 'atomicAdd', min: 'atomicMin', max: 'atomicMax' } as const
      const update = `${names[op]}(&${elementText(buffer, index, p)}, ${p.text(value)});`
      if (previous === undefined) p.line(update)
      else p.line(`const ${scalarTypes[previous.dtype]} ${p.bind(previous)} = ${update}`)
    },
    ...cooperation,
  }
}

function holds(body: Stmt, kinds: readonly Stmt['kind'][]): boolean {
  let found = false
  walkStmts(body, ({ kind }) => {
    found ||= kinds.includes(kind)
  })
  return found
}

const clusterDims = ({ cluster }: Kernel): string => (cluster === 1 ? '' : `__cluster_dims__(${cluster}, 1, 1) `)

/**
 * Threads of a workgroup; and, where threads hold fragments of matrices or parts of what they share by shuffles, that one workgroup
 * a multiprocessor is enough: ptxas would else put some of these into memory for the sake of more workgroups.
 */
function launchBounds({ threads, body }: Kernel): string {
  return holds(body, ['matrix-multiply', 'async-multiply', 'shuffle']) ? `${threads}, 1` : `${threads}`
}
