/** How CUDA C++ writes products of tiles in shared memory: `wgmma`, whose operands are descriptors of tiles. */
import type { CLikePrinter, StmtPrinters } from '@tilewright/backend'
import {
  buffersWritten,
  type HalfDType,
  invariant,
  isHalf,
  type Kernel,
  type LineTile,
  lineElements,
  UnsupportedError,
  walkStmts,
} from '@tilewright/ir'
import { elementBytes, elementText } from './cuda-types.js'
import type { Intrinsic } from './intrinsics.js'
import { instructionColumnsOf, instructionDepth } from './tile-instructions.js'

const lineBytes = lineElements * elementBytes.f16
/** Descriptors count in these. */
const unitBytes = 16

/** `use` is told each function that is called. */
export function asyncMultiplyPrinters(
  use: (name: Intrinsic) => void,
): Pick<StmtPrinters, 'async-multiply' | 'async-multiply-wait'> {
  return {
    'async-multiply': (stmt, p) => {
      const columns = instructionColumnsOf(stmt)
      if (columns === undefined) {
        throw new UnsupportedError({
          code: 'cuda/async-multiply',
          message: `no instruction multiplies tiles into fragments with the map of "${stmt.d.buffer.hint}", ${stmt.depth} deep`,
          help: 'take the map and the depth from target.tileInstructions',
        })
      }
      const { a, b, d, depth } = stmt
      const multiply = `tw_multiply_m64n${columns}k16_${halfIn(a)}` as const
      for (const name of ['tw_settle', 'tw_multiply_begin', 'tw_lines', multiply, 'tw_multiply_commit'] as const)
        use(name)
      const fragment = p.bufferName(d.buffer)
      const [left, right] = [describe(a, p), describe(b, p)]
      // The compiler must have the sums in their registers before the instructions begin.
      p.line(`tw_settle(${fragment});`)
      p.line('tw_multiply_begin();')
      for (let step = 0; step < depth / instructionDepth; step++) {
        const [fromA, fromB] = [`${left} + ${stepUnits(a, step)}`, `${right} + ${stepUnits(b, step)}`]
        p.line(`${multiply}<${Number(a.alongOwn)}, ${Number(b.alongOwn)}>(${fragment}, ${fromA}, ${fromB});`)
      }
      p.line('tw_multiply_commit();')
    },
    'async-multiply-wait': ({ pending, results }, p) => {
      use('tw_multiply_wait')
      p.line(`tw_multiply_wait<${pending}>();`)
      // And must not read them before.
      for (const result of results) {
        use('tw_settle')
        p.line(`tw_settle(${p.bufferName(result)});`)
      }
    },
  }
}

/**
 * Prints the descriptor of a tile, swizzled over 128 bytes. Strides: along k, of the next eight lines, where the leading one is
 * not looked at; along the tile's own axis, of the next block and of the next eight lines.
 */
function describe({ buffer, index, lines, alongOwn }: LineTile, p: CLikePrinter): string {
  const name = p.fresh(`${buffer.hint}_lines`)
  const leading = alongOwn ? lines * lineBytes : unitBytes
  p.line(`const auto ${name} = tw_lines(&${elementText(buffer, index, p)}, ${leading}, ${8 * lineBytes});`)
  return name
}

/** Where a step along k begins in a tile. */
function stepUnits({ lines, alongOwn }: LineTile, step: number): number {
  if (alongOwn) return (step * instructionDepth * lineBytes) / unitBytes
  const stepsOfLine = lineElements / instructionDepth
  const bytes =
    Math.floor(step / stepsOfLine) * lines * lineBytes + (step % stepsOfLine) * instructionDepth * elementBytes.f16
  return bytes / unitBytes
}

/** Of what a tile is made. */
function halfIn({ buffer: { dtype } }: LineTile): HalfDType {
  invariant(isHalf(dtype), 'tiles are made of halves')
  return dtype
}

/** The buffers that a kernel copies or multiplies as tiles. */
export function tilesOf({ body }: Kernel): ReadonlySet<LineTile['buffer']> {
  const tiles = new Set<LineTile['buffer']>()
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'tile-copy') tiles.add(stmt.destination)
    if (stmt.kind === 'async-multiply') for (const { buffer } of [stmt.a, stmt.b]) tiles.add(buffer)
  })
  return tiles
}

/** Whether threads write some tile themselves. */
export function writesTiles(kernel: Kernel): boolean {
  const tiles = tilesOf(kernel)
  let found = false
  walkStmts(kernel.body, (stmt) => {
    found ||= stmt.kind !== 'tile-copy' && buffersWritten(stmt).some((buffer) => tiles.has(buffer))
  })
  return found
}
