/** Tensors one after the other along a dimension: Concat and Split. */
import {
  add,
  type Buffer,
  buffer,
  compute,
  defined,
  type Equation,
  type Expr,
  elementCount,
  formatSize,
  load,
  lt,
  type SizeExpr,
  select,
  sizeAdd,
  sizeValue,
  sub,
  type Var,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'
import { agree, expectOneDType, formatShape, plainer, shapeError } from './shape-error.js'

/**
 * Operands of one equation. A kernel cannot bind any number of buffers, and fusion cannot take an equation apart: more
 * operands are joined in a tree.
 */
const mostJoined = 4

/** Concat (ONNX): the operands one after the other along `axis`. Throws `CompileError` `graph/shape`, `graph/dtype`. */
export function concatOp(operands: readonly TensorType[], { axis }: { readonly axis: number }): Operation {
  expectOneDType('Concat', operands)
  const [first, ...others] = operands
  if (first === undefined) throw shapeError('Concat', 'no operands')
  const along = resolveAxis('Concat', axis, first.shape.length)
  const equalSizes: EqualSizes[] = []
  const shape = others.reduce<readonly SizeExpr[]>((joined, { shape: next }) => {
    const message = `${formatShape(first.shape)} and ${formatShape(next)} do not join along ${along}`
    if (next.length !== joined.length) throw shapeError('Concat', message)
    return joined.map((extent, d) => {
      const other = defined(next[d], 'one rank')
      if (d === along) return sizeAdd(extent, other)
      equalSizes.push(...agree('Concat', message, extent, other))
      return plainer(extent, other)
    })
  }, first.shape)
  return {
    name: 'Concat',
    outputs: [{ dtype: first.dtype, shape }],
    equalSizes,
    define: (inputs, [output]) => join(defined(output, 'one output'), inputs, along),
  }
}

/** The equations that write `output` from parts along a dimension: a balanced tree. */
export function join(output: Buffer, parts: readonly Buffer[], along: number): readonly Equation[] {
  if (parts.length <= mostJoined) return [joinFew(output, parts, along)]
  const share = Math.ceil(parts.length / mostJoined)
  const equations: Equation[] = []
  const joined = Array.from({ length: Math.ceil(parts.length / share) }, (_, i) => {
    const few = parts.slice(i * share, (i + 1) * share)
    const [only] = few
    if (only !== undefined && few.length === 1) return only
    const extent = few.map((part) => part.shape[along] ?? 0).reduce(sizeAdd)
    const between = buffer('joined', output.dtype, output.shape.with(along, extent), 'storage')
    equations.push(...join(between, few, along))
    return between
  })
  return [...equations, joinFew(output, joined, along)]
}

function joinFew(output: Buffer, parts: readonly Buffer[], along: number): Equation {
  const starts: SizeExpr[] = []
  let end: SizeExpr = 0
  for (const part of parts) {
    starts.push(end)
    end = sizeAdd(end, part.shape[along] ?? 0)
  }
  // Empty parts are never read; some part is, or the output has no element.
  const present = parts.flatMap((part, i) => (elementCount(part.shape) === 0 ? [] : [{ part, start: starts[i] ?? 0 }]))
  return compute(output, (...axes) => {
    const at = defined(axes[along], 'an axis of the output')
    const element = ({ part, start }: { readonly part: Buffer; readonly start: SizeExpr }): Expr =>
      load(part, shifted(axes, along, sub(at, sizeValue(start))))
    const last = present.at(-1) ?? { part: defined(parts[0], 'an operand'), start: 0 }
    return present
      .slice(0, -1)
      .reduceRight(
        (rest, one, i) => select(lt(at, sizeValue(defined(present[i + 1], 'the next part').start)), element(one), rest),
        element(last),
      )
  })
}

const shifted = (axes: readonly Var[], along: number, at: Expr): readonly Expr[] => {
  const index: Expr[] = [...axes]
  index[along] = at
  return index
}

/** Split (ONNX): parts of the extents `sizes` along `axis`, an output each. Throws `CompileError` `graph/shape`. */
export function splitOp(
  input: TensorType,
  { axis, sizes }: { readonly axis: number; readonly sizes: readonly SizeExpr[] },
): Operation {
  const along = resolveAxis('Split', axis, input.shape.length)
  const total = sizes.reduce(sizeAdd, 0)
  const message = `parts of ${sizes.map(formatSize).join(', ')} do not make up dimension ${along} of ${formatShape(input.shape)}`
  const equalSizes = agree('Split', message, total, input.shape[along])
  return {
    name: 'Split',
    outputs: sizes.map((extent) => ({ dtype: input.dtype, shape: input.shape.with(along, extent) })),
    equalSizes,
    define: ([x], outputs) => {
      const source = defined(x, 'one input')
      let start: SizeExpr = 0
      return outputs.map((output, i) => {
        const from = sizeValue(start)
        start = sizeAdd(start, sizes[i] ?? 0)
        return compute(output, (...axes) => {
          const at = defined(axes[along], 'an axis of the output')
          return load(source, shifted(axes, along, add(at, from)))
        })
      })
    },
  }
}
