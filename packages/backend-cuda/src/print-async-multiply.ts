/** How CUDA C++ writes products of tiles in shared memory: `wgmma`, whose operands are descriptors of tiles. */
import type { CLikePrinter, StmtPrinters } from '@tilewright/backend'
import {
  type Buffer,
  buffersWritten,
  fragmentsHeld,
  type HalfDType,
  invariant,
  isHalf,
  isHeld,
  type Kernel,
  type LineTile,
  lineElements,
  tilesRead,
  UnsupportedError,
  walkStmts,
} from '@tilewright/ir'
import { elementBytes, elementsOf, elementText, wordBytes, words } from './cuda-types.js'
import type { Intrinsic } from './intrinsics.js'
import { instructionColumnsOf, instructionDepth } from './tile-instructions.js'

const lineBytes = lineElements * elementBytes.f16
/** Registers of A that an instruction takes of each thread. */
const heldWords = 4
/** Descriptors count in these. */
const unitBytes = 16

/** `use` is told each function that is called. */
export function asyncMultiplyPrinters(
  use: (name: Intrinsic) => void,
): Pick<StmtPrinters, 'async-multiply' | 'async-multiply-wait'> {
  /** Has the compiler keep a fragment in its registers from here on. */
  const settle = (buffer: Buffer, p: CLikePrinter): void => {
    if (!isHalf(buffer.dtype)) {
      use('tw_settle')
      p.line(`tw_settle(${p.bufferName(buffer)});`)
      return
    }
    use('tw_settle_words')
    const count = (elementsOf(buffer.shape) * elementBytes[buffer.dtype]) / wordBytes
    p.line(`tw_settle_words<${count}>(${words(buffer, p)});`)
  }
  return {
    'async-multiply': (stmt, p) => {
      const columns = instructionColumnsOf(stmt)
      if (columns === undefined) {
        throw new UnsupportedError({
          code: 'cuda/async-multiply',
          message: `no instruction multiplies tiles, or what threads hold, into fragments with the map of "${stmt.d.buffer.hint}", ${stmt.depth} deep`,
          help: 'take the map and the depth from target.tileInstructions',
        })
      }
      const { a, b, d, depth } = stmt
      const multiply = `tw_multiply_m64n${columns}k16_${halfIn(b)}` as const
      const multiplyHeld = `tw_multiply_held_m64n${columns}k16_${halfIn(b)}` as const
      for (const name of [
        'tw_multiply_begin',
        'tw_lines',
        isHeld(a) ? multiplyHeld : multiply,
        'tw_multiply_commit',
      ] as const)
        use(name)
      const fragment = p.bufferName(d.buffer)
      const left = isHeld(a) ? words(a.buffer, p) : describe(a, p)
      const right = describe(b, p)
      // The compiler must have fragments in their registers before the instructions begin.
      for (const { buffer } of fragmentsHeld(stmt)) settle(buffer, p)
      p.line('tw_multiply_begin();')
      for (let step = 0; step < depth / instructionDepth; step++) {
        const fromB = `${right} + ${stepUnits(b, step)}`
        if (isHeld(a)) {
          p.line(`${multiplyHeld}<${Number(b.alongOwn)}>(${fragment}, ${left} + ${step * heldWords}, ${fromB});`)
        } else {
          const fromA = `${left} + ${stepUnits(a, step)}`
          p.line(`${multiply}<${Number(a.alongOwn)}, ${Number(b.alongOwn)}>(${fragment}, ${fromA}, ${fromB});`)
        }
      }
      p.line('tw_multiply_commit();')
    },
    'async-multiply-wait': ({ pending, results }, p) => {
      use('tw_multiply_wait')
      p.line(`tw_multiply_wait<${pending}>();`)
      // And must not read them before.
      for (const result of results) settle(result, p)
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
    if (stmt.kind === 'async-multiply') for (const { buffer } of tilesRead(stmt)) tiles.add(buffer)
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
