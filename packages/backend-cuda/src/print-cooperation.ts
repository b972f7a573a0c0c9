/** How CUDA C++ writes what threads do together: asynchronous copies, mbarriers, what whole subgroups execute. */
import type { CLikePrinter, StmtPrinters } from '@tilewright/backend'
import {
  type AsyncCopy,
  type Buffer,
  type Expr,
  lineElements,
  linesOfBox,
  type Mbarrier,
  UnsupportedError,
} from '@tilewright/ir'
import { elementBytes, elementsOf, elementText, elementTypes, scalarTypes, wordBytes, words } from './cuda-types.js'
import type { Intrinsic } from './intrinsics.js'
import { matrixIntrinsic } from './matrix-instructions.js'
import { asyncMultiplyPrinters } from './print-async-multiply.js'
import type { SharedMemory } from './shared-memory.js'
import type { TileMaps } from './tile-maps.js'

/** The name of dynamic shared memory. */
export const dynamicShared = 'shared_memory'

export type CooperationPrinters = Pick<
  StmtPrinters,
  | 'async-copy'
  | 'async-commit'
  | 'async-wait'
  | 'declare-mbarrier'
  | 'mbarrier-arrive'
  | 'mbarrier-wait'
  | 'barrier'
  | 'matrix-multiply'
  | 'tile-copy'
  | 'async-multiply'
  | 'async-multiply-wait'
  | 'load-matrices'
  | 'shuffle'
>

/** All lanes of a warp. */
const allLanes = '0xffffffffu'

export interface CooperationContext {
  /** Is told each function that is called. */
  readonly use: (name: Intrinsic) => void
  readonly shared: SharedMemory
  /** Whether threads write tiles, which are then read by other paths than threads read. */
  readonly writesTiles: boolean
  readonly tileMaps: TileMaps
  /** Workgroups of a cluster. */
  readonly cluster: number
}

export function cooperationPrinters(context: CooperationContext): CooperationPrinters {
  const { use, shared, writesTiles, tileMaps, cluster } = context
  const isClustered = cluster > 1
  const call = (p: CLikePrinter, name: Intrinsic, args: readonly string[]): void => {
    use(name)
    p.line(`${name}(${args.join(', ')});`)
  }
  const names = new Map<object, string>()
  const slotOf = (mbarrier: Mbarrier, slot: Expr, p: CLikePrinter): string => `&${names.get(mbarrier)}[${p.text(slot)}]`
  return {
    ...asyncMultiplyPrinters(use),
    'async-copy': (copy, p) => {
      const width = copyWidth(copy)
      if (width === undefined) return copyElements(copy, p)
      const inside = copy.guard === undefined ? 'true' : p.text(copy.guard)
      const step = width / elementBytes[copy.source.dtype]
      for (let at = 0; at < copy.elements; at += step) {
        const to = addressOf(copy.destination, copy.destinationIndex, at, p)
        const from = addressOf(copy.source, copy.sourceIndex, at, p)
        call(p, `tw_copy_async_${width}`, [to, from, inside])
      }
    },
    'async-commit': (_, p) => call(p, 'tw_copy_commit', []),
    'async-wait': ({ pending }, p) => {
      use('tw_copy_wait')
      p.line(`tw_copy_wait<${pending}>();`)
    },
    'declare-mbarrier': ({ mbarrier }, p) => {
      const name = p.fresh(mbarrier.hint)
      names.set(mbarrier, name)
      const offset = shared.offsets.get(mbarrier)
      if (shared.dynamic && offset !== undefined) {
        const place = `reinterpret_cast<unsigned long long*>(${dynamicShared} + ${offset})`
        p.line(`unsigned long long* const ${name} = ${place};`)
      } else {
        p.line(`__shared__ unsigned long long ${name}[${mbarrier.slots}];`)
      }
      use('tw_mbarrier_init')
      p.line('if (threadIdx.x == 0) {')
      p.nest(() => {
        const slot = p.fresh('slot')
        p.line(`for (int ${slot} = 0; ${slot} < ${mbarrier.slots}; ${slot}++) {`)
        p.nest(() => p.line(`tw_mbarrier_init(&${name}[${slot}], ${mbarrier.arrivals});`))
        p.line('}')
        if (shared.tileCopies || isClustered) call(p, 'tw_show_mbarriers', [])
      })
      p.line('}')
      if (isClustered) call(p, 'tw_meet_cluster', [])
      else p.line('__syncthreads();')
    },
    'mbarrier-arrive': ({ mbarrier, slot, rank }, p) => {
      if (writesTiles) call(p, 'tw_show_tiles', [])
      if (rank === undefined) call(p, 'tw_mbarrier_arrive', [slotOf(mbarrier, slot, p)])
      else call(p, 'tw_mbarrier_arrive_at', [slotOf(mbarrier, slot, p), p.text(rank)])
    },
    barrier: ({ participants }, p) => {
      if (writesTiles && participants === 'workgroup') call(p, 'tw_show_tiles', [])
      p.line(participants === 'workgroup' ? '__syncthreads();' : '__syncwarp();')
    },
    'mbarrier-wait': ({ mbarrier, slot, parity }, p) =>
      call(p, isClustered ? 'tw_mbarrier_wait_cluster' : 'tw_mbarrier_wait', [
        slotOf(mbarrier, slot, p),
        p.text(parity),
      ]),
    'tile-copy': (copy, p) => {
      const slot = slotOf(copy.mbarrier, copy.slot, p)
      const bytes = linesOfBox(copy.box) * lineElements * elementBytes[copy.source.dtype]
      const to = addressOf(copy.destination, copy.destinationIndex, 0, p)
      const coordinates = copy.first.map((first) => p.text(first)).toReversed()
      const from = `&m${tileMaps.of(copy)}`
      call(p, 'tw_expect_tile', [slot, String(copy.multicast ? bytes * cluster : bytes)])
      if (!copy.multicast) return call(p, 'tw_copy_tile', [to, from, slot, ...coordinates])
      const everyBlock = `0x${(2 ** cluster - 1).toString(16)}`
      call(p, 'tw_multicast_tile', [to, from, slot, everyBlock, ...coordinates])
    },
    'load-matrices': ({ count, to, source, index, transposed }, p) => {
      const row = addressOf(source, index, 0, p)
      const name = `tw_load_matrices_${count}${transposed ? '_transposed' : ''}` as const
      const [only, ...more] = to
      if (only !== undefined && more.length === 0) return call(p, name, [words(only, p), row])
      const loaded = p.fresh('matrices')
      p.line(`unsigned ${loaded}[${count}];`)
      call(p, name, [loaded, row])
      let at = 0
      for (const fragment of to) {
        const bytes = elementsOf(fragment.shape) * elementBytes[fragment.dtype]
        for (let word = 0; word < bytes / wordBytes; word++) {
          p.line(`${words(fragment, p)}[${word}] = ${loaded}[${at++}];`)
        }
      }
    },
    shuffle: ({ var: target, value, mask }, p) => {
      const type = scalarTypes[target.dtype]
      const given = target.dtype === 'bool' ? `(int)(${p.text(value)})` : p.text(value)
      p.line(`const ${type} ${p.bind(target)} = __shfl_xor_sync(${allLanes}, ${given}, ${mask});`)
    },
    'matrix-multiply': (stmt, p) => {
      const name = matrixIntrinsic(stmt)
      if (name === undefined) {
        throw new UnsupportedError({
          code: 'cuda/matrix-multiply',
          message: `no matrix instruction multiplies ${stmt.a.buffer.dtype} fragments with the maps of "${stmt.a.buffer.hint}", "${stmt.b.buffer.hint}" and "${stmt.d.buffer.hint}"`,
          help: 'take the maps from target.matrixInstructions',
        })
      }
      call(p, name, [p.bufferName(stmt.d.buffer), words(stmt.a.buffer, p), words(stmt.b.buffer, p)])
    },
  }
}

/** Bytes of the asynchronous copies that move `elements`; undefined where they are fewer than 4, which none moves. */
function copyWidth({ source, elements }: AsyncCopy): 4 | 8 | 16 | undefined {
  const bytes = elements * elementBytes[source.dtype]
  return ([16, 8, 4] as const).find((width) => bytes % width === 0)
}

/** A copy that is done at once: it may land at any moment before it is waited for. */
function copyElements(copy: AsyncCopy, p: CLikePrinter): void {
  const { destination, destinationIndex, source, sourceIndex, elements, guard } = copy
  for (let at = 0; at < elements; at++) {
    const [to, from] = [place(destination, destinationIndex, at, p), place(source, sourceIndex, at, p)]
    const zero = `(${elementTypes[source.dtype]})0`
    p.line(`${to} = ${guard === undefined ? from : `${p.text(guard)} ? ${from} : ${zero}`};`)
  }
}

const place = (buffer: Buffer, index: readonly Expr[], offset: number, p: CLikePrinter): string => {
  const element = elementText(buffer, index, p)
  return offset === 0 ? element : element.replace(/\]$/, ` + ${offset}]`)
}

const addressOf = (buffer: Buffer, index: readonly Expr[], offset: number, p: CLikePrinter): string =>
  `&${place(buffer, index, offset, p)}`
