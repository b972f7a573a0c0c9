/** Matrix products: MatMul with its batch broadcasting, and Gemm. */
import {
  add,
  buffer,
  CompileError,
  compute,
  computeType,
  constant,
  defined,
  type Equation,
  type Expr,
  load,
  matmul,
  mul,
  type SizeExpr,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { isFloat, type TensorType } from '../tensor.js'
import { broadcast, broadcastTo, loadBroadcast } from './broadcast.js'
import { reshapeEquation } from './reshape.js'
import { agree, expectOneDType, formatShape, plainer, shapeError } from './shape-error.js'

/** MatMul (ONNX, numpy.matmul): batches broadcast; a rank-1 operand is a row or a column. Throws `graph/shape`. */
export function matmulOp(lhs: TensorType, rhs: TensorType): Operation {
  expectOneDType('MatMul', [lhs, rhs])
  const [a, b] = [lhs.shape, rhs.shape]
  const [depth, otherDepth] = [a.at(-1), b.length === 1 ? b[0] : b.at(-2)]
  const depths = agree('MatMul', `cannot multiply ${formatShape(a)} by ${formatShape(b)}`, depth, otherDepth)
  const { shape: batch, equalSizes } = broadcast('MatMul', [a.slice(0, -2), b.slice(0, -2)])
  const rows: readonly SizeExpr[] = a.length === 1 ? [] : [defined(a.at(-2), 'rank 2')]
  const columns: readonly SizeExpr[] = b.length === 1 ? [] : [defined(b.at(-1), 'rank 2')]
  return {
    name: 'MatMul',
    outputs: [{ dtype: lhs.dtype, shape: [...batch, ...rows, ...columns] }],
    equalSizes: [...depths, ...equalSizes],
    define: ([left, right], [output]) => {
      const [x, y, out] = [defined(left, 'lhs'), defined(right, 'rhs'), defined(output, 'output')]
      const full = [...batch, rows[0] ?? 1, columns[0] ?? 1]
      const squeezed = full.length !== out.shape.length
      const product = squeezed ? buffer('product', out.dtype, full, 'storage') : out
      const equations: Equation[] = [
        matmul(
          product,
          plainer(defined(depth, 'lhs depth'), defined(otherDepth, 'rhs depth')),
          (axes, m, k) => loadBroadcast(x, x.shape.length === 1 ? [k] : [...axes, m, k]),
          (axes, k, n) => (y.shape.length === 1 ? load(y, [k]) : loadBroadcast(y, [...axes, k, n])),
        ),
      ]
      if (squeezed) equations.push(reshapeEquation(out, product))
      return equations
    },
  }
}

export interface GemmAttributes {
  readonly alpha: number
  readonly beta: number
  readonly transA: boolean
  readonly transB: boolean
}

/** Gemm (ONNX): alpha · A' · B' + beta · C, with C broadcast to the result. Throws `graph/shape`. */
export function gemmOp(a: TensorType, b: TensorType, c: TensorType | undefined, attributes: GemmAttributes): Operation {
  const { alpha, beta, transA, transB } = attributes
  expectOneDType('Gemm', c === undefined ? [a, b] : [a, b, c])
  if (!isFloat(a) && !(Number.isInteger(alpha) && Number.isInteger(beta))) {
    throw new CompileError({ code: 'graph/dtype', message: `Gemm: alpha ${alpha} and beta ${beta} scale ${a.dtype}` })
  }
  const [m, k] = transA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]]
  const [otherK, n] = transB ? [b.shape[1], b.shape[0]] : [b.shape[0], b.shape[1]]
  const [as, bs] = [transA ? "'" : '', transB ? "'" : '']
  const message = `cannot multiply ${formatShape(a.shape)}${as} by ${formatShape(b.shape)}${bs}`
  if (a.shape.length !== 2 || b.shape.length !== 2 || m === undefined || n === undefined) {
    throw shapeError('Gemm', message)
  }
  const depths = agree('Gemm', message, k, otherK)
  const depth = plainer(defined(k, 'depth of A'), defined(otherK, 'depth of B'))
  const shape = [m, n]
  const ofC = c === undefined ? [] : broadcastTo('Gemm', shape, c.shape)
  return {
    name: 'Gemm',
    outputs: [{ dtype: a.dtype, shape }],
    equalSizes: [...depths, ...ofC],
    define: ([x, y, z], [output]) => {
      const [left, right, out] = [defined(x, 'A'), defined(y, 'B'), defined(output, 'output')]
      const plain = alpha === 1 && (z === undefined || beta === 0)
      const product = plain ? out : buffer('product', out.dtype, shape, 'storage')
      const equations: Equation[] = [
        matmul(
          product,
          depth,
          (_, i, kk) => load(left, transA ? [kk, i] : [i, kk]),
          (_, kk, j) => load(right, transB ? [j, kk] : [kk, j]),
        ),
      ]
      if (plain) return equations
      const type = computeType(out.dtype)
      const scaled = (factor: number, value: Expr): Expr => (factor === 1 ? value : mul(constant(type, factor), value))
      const epilogue = compute(out, (...axes) => {
        const main = scaled(alpha, load(product, axes))
        return z === undefined || beta === 0 ? main : add(main, scaled(beta, loadBroadcast(z, axes)))
      })
      return [...equations, epilogue]
    },
  }
}
