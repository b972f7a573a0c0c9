/** Permutations of elements that keep all of them: Transpose, DepthToSpace, SpaceToDepth. */
import {
  add,
  compute,
  defined,
  div,
  type Expr,
  int,
  load,
  mod,
  mul,
  type SizeExpr,
  sizeDiv,
  sizeMul,
  sizeMultipleOf,
  sizeValue,
  variable,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { expectRank } from './axes.js'
import { formatShape, shapeError } from './shape-error.js'

type IndexMap = (index: readonly Expr[]) => readonly Expr[]

/** output[axes] = input[from(axes)], a bijection: `to` is where element `index` of the input goes. */
function permutation(
  name: string,
  input: TensorType,
  shape: readonly SizeExpr[],
  from: IndexMap,
  to: IndexMap,
): Operation {
  return {
    name,
    outputs: [{ dtype: input.dtype, shape }],
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      const axes = source.shape.map((_, d) => variable(`j${d}`))
      const inverse = { input: source, axes, index: to(axes) }
      return [compute(defined(output, 'one output'), (...at) => load(source, from(at)), [inverse])]
    },
  }
}

const pick = <T>(list: readonly T[], at: number): T => defined(list[at], `entry ${at} of a permuted list`)

/** Transpose (ONNX): dimension d of the result is dimension perm[d] of the input. Throws `CompileError` `graph/shape`. */
export function transposeOp(input: TensorType, { perm }: { readonly perm: readonly number[] }): Operation {
  const rank = input.shape.length
  const isPermutation = perm.length === rank && new Set(perm).size === rank && perm.every((p) => p >= 0 && p < rank)
  if (!isPermutation || !perm.every(Number.isInteger)) {
    throw shapeError('Transpose', `perm [${perm.join(', ')}] for ${formatShape(input.shape)}`)
  }
  const shape = perm.map((p) => pick(input.shape, p))
  const from: IndexMap = (at) => input.shape.map((_, d) => pick(at, perm.indexOf(d)))
  return permutation('Transpose', input, shape, from, (index) => perm.map((p) => pick(index, p)))
}

/**
 * In DCR mode, channel (i · blocksize + j) · C + c of the input holds what goes to row i and column j of each block of
 * channel c; in CRD mode, channel (c · blocksize + i) · blocksize + j does.
 */
export type DepthMode = 'DCR' | 'CRD'

export interface BlockAttributes {
  readonly blocksize: number
}

/** DepthToSpace (ONNX): [N, C·b², H, W] to [N, C, H·b, W·b]. Throws `CompileError` `graph/shape`. */
export function depthToSpaceOp(
  input: TensorType,
  { blocksize, mode }: BlockAttributes & { readonly mode: DepthMode },
): Operation {
  const [n, depth, h, w] = planes('DepthToSpace', input, blocksize)
  const blocks = blocksize * blocksize
  if (sizeMultipleOf(depth) % blocks !== 0) {
    throw shapeError('DepthToSpace', `${formatShape(input.shape)} has no channels for blocks of ${blocksize}`)
  }
  const channels = sizeDiv(depth, blocks)
  const { toDepth, toSpace } = blockMaps(blocksize, channels, mode)
  return permutation(
    'DepthToSpace',
    input,
    [n, channels, sizeMul(h, blocksize), sizeMul(w, blocksize)],
    toDepth,
    toSpace,
  )
}

/** SpaceToDepth (ONNX): [N, C, H·b, W·b] to [N, b²·C, H, W], in DCR order. Throws `CompileError` `graph/shape`. */
export function spaceToDepthOp(input: TensorType, { blocksize }: BlockAttributes): Operation {
  const [n, channels, h, w] = planes('SpaceToDepth', input, blocksize)
  if (sizeMultipleOf(h) % blocksize !== 0 || sizeMultipleOf(w) % blocksize !== 0) {
    throw shapeError('SpaceToDepth', `${formatShape(input.shape)} does not divide into blocks of ${blocksize}`)
  }
  const { toDepth, toSpace } = blockMaps(blocksize, channels, 'DCR')
  const shape = [n, sizeMul(channels, blocksize * blocksize), sizeDiv(h, blocksize), sizeDiv(w, blocksize)]
  return permutation('SpaceToDepth', input, shape, toSpace, toDepth)
}

function planes(
  operator: string,
  input: TensorType,
  blocksize: number,
): readonly [SizeExpr, SizeExpr, SizeExpr, SizeExpr] {
  expectRank(operator, input, 4)
  if (!Number.isInteger(blocksize) || blocksize < 1) throw shapeError(operator, `blocksize ${blocksize}`)
  const { shape } = input
  return [pick(shape, 0), pick(shape, 1), pick(shape, 2), pick(shape, 3)]
}

/** From an index of [N, C, H·b, W·b] to one of [N, C·b², H, W], and back. */
function blockMaps(b: number, channels: SizeExpr, mode: DepthMode): { toDepth: IndexMap; toSpace: IndexMap } {
  const [side, area, c] = [int(b), int(b * b), sizeValue(channels)]
  const toDepth: IndexMap = (at) => {
    const [n, channel, y, x] = [pick(at, 0), pick(at, 1), pick(at, 2), pick(at, 3)]
    const cell = add(mul(mod(y, side), side), mod(x, side))
    const depth = mode === 'DCR' ? add(mul(cell, c), channel) : add(mul(channel, area), cell)
    return [n, depth, div(y, side), div(x, side)]
  }
  const toSpace: IndexMap = (at) => {
    const [n, depth, y, x] = [pick(at, 0), pick(at, 1), pick(at, 2), pick(at, 3)]
    const [cell, channel] = mode === 'DCR' ? [div(depth, c), mod(depth, c)] : [mod(depth, area), div(depth, area)]
    return [n, channel, add(mul(y, side), div(cell, side)), add(mul(x, side), mod(cell, side))]
  }
  return { toDepth, toSpace }
}
