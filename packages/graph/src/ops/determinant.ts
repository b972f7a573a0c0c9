/** Determinants of small matrices: Det. */
import { add, compute, defined, type Expr, int, load, mul, sub, UnsupportedError } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { expectFloat, formatShape, shapeError } from './shape-error.js'

/** Rows of the largest matrix: an expansion by minors has as many products as the rows have orders. */
const mostRows = 4

/**
 * Det (ONNX): determinants of the matrices in the last two dimensions, of up to 4 rows. Throws `CompileError`
 * `graph/shape`, `graph/dtype`, `UnsupportedError` `graph/determinant`.
 */
export function detOp(x: TensorType): Operation {
  expectFloat('Det', x)
  const [rows, columns] = [x.shape.at(-2), x.shape.at(-1)]
  if (rows === undefined || rows !== columns)
    throw shapeError('Det', `${formatShape(x.shape)} holds no square matrices`)
  if (typeof rows !== 'number' || rows > mostRows) {
    throw new UnsupportedError({
      code: 'graph/determinant',
      message: `Det of ${formatShape(x.shape)} is not supported`,
      help: `matrices of a fixed number of rows, at most ${mostRows}, are`,
    })
  }
  const outer = x.shape.slice(0, -2)
  return {
    name: 'Det',
    outputs: [{ dtype: x.dtype, shape: outer }],
    define: ([source], [output]) => [
      compute(defined(output, 'one output'), (...axes) => {
        const element = (row: number, column: number): Expr =>
          load(defined(source, 'x'), [...axes, int(row), int(column)])
        return expanded(
          element,
          Array.from({ length: rows }, (_, i) => i),
        )
      }),
    ],
  }
}

/** The determinant of the last rows and as many columns, by minors of the first of these rows. */
function expanded(element: (row: number, column: number) => Expr, columns: readonly number[], row = 0): Expr {
  const [first, ...others] = columns.map((column, i) => {
    const minor = columns.toSpliced(i, 1)
    const own = element(row, column)
    return minor.length === 0 ? own : mul(own, expanded(element, minor, row + 1))
  })
  const start = defined(first, 'a matrix has a row')
  return others.reduce((sum, term, i) => (i % 2 === 0 ? sub(sum, term) : add(sum, term)), start)
}
