/**
 * What the threads of a workgroup hold, combined so that every thread gets the result. Where the target fixes the size of
 * its subgroups, the lanes of each combine by shuffles, and the subgroups' totals go through workgroup memory: one barrier,
 * or none for one subgroup. Elsewhere all goes through workgroup memory, in a tree with a barrier a level.
 */
import { type BufferHandle, type Expr, type Fold, type KernelBuilder, type Target, value } from '@tilewright/ir'
import { combineAll, combined } from './fold-in-thread.js'

export interface Team {
  /** Threads of the workgroup: a power of two. */
  readonly threads: number
  /** Threads that shuffle among themselves; undefined where none do. */
  readonly subgroupSize: number | undefined
}

/** Subgroups are used where they are whole. */
export function teamOf(threads: number, { subgroupSize }: Target): Team {
  return { threads, subgroupSize: threads % (subgroupSize ?? 1) === 0 ? subgroupSize : undefined }
}

/** Elements of workgroup memory that a component takes. */
export function exchanged({ threads, subgroupSize }: Team): number {
  if (subgroupSize === undefined) return threads
  return threads === subgroupSize ? 0 : threads / subgroupSize
}

/**
 * Combines one state a thread, given by its components, for a fold that commutes. All threads of the workgroup come here;
 * each gets the result.
 */
export function combineThreads(g: KernelBuilder, fold: Fold, team: Team, state: readonly Expr[]): readonly Expr[] {
  if (team.subgroupSize === undefined) return byTree(g, fold, team, state)
  const totals = byShuffles(g, fold, team.subgroupSize, state)
  const subgroups = exchanged(team)
  if (subgroups === 0) return totals
  const tiles = partials(g, fold, subgroups)
  g.if(g.lane.eq(0), () => put(tiles, g.subgroup.expr, totals))
  g.barrier()
  // A few more operations in each thread cost less than a second barrier, or shuffles that wait for each other.
  const parts = Array.from({ length: subgroups }, (_, s) => tiles.map((tile) => g.let('part', tile.at(s)).expr))
  return combineAll(g, fold, parts)
}

/** After each level a lane holds what twice as many lanes did; after the last, what all did. */
function byShuffles(g: KernelBuilder, fold: Fold, size: number, state: readonly Expr[]): readonly Expr[] {
  let held = state
  for (let mask = size / 2; mask >= 1; mask /= 2) {
    const other = held.map((component) => g.shuffle(value(component), mask).expr)
    held = combined(g, fold, held, other)
  }
  return held
}

function byTree(g: KernelBuilder, fold: Fold, { threads }: Team, state: readonly Expr[]): readonly Expr[] {
  const tiles = partials(g, fold, threads)
  put(tiles, g.thread.expr, state)
  g.barrier()
  for (let half = threads / 2; half >= 1; half /= 2) {
    g.if(g.thread.lt(half), () => {
      const [left, right] = [g.thread, g.thread.add(half)].map((of) => tiles.map((tile) => tile.at(of).expr))
      put(tiles, g.thread.expr, combined(g, fold, left ?? [], right ?? []))
    })
    g.barrier()
  }
  return tiles.map((tile) => g.let('total', tile.at(0)).expr)
}

/** Workgroup memory, one buffer a component. It is each fold's own: the next one needs no barrier before it writes. */
function partials(g: KernelBuilder, fold: Fold, elements: number): readonly BufferHandle[] {
  return fold.left.map(({ dtype }) => g.workgroupBuffer('partial', dtype, [elements]))
}

function put(tiles: readonly BufferHandle[], at: Expr, state: readonly Expr[]): void {
  state.forEach((component, i) => {
    tiles[i]?.set([value(at)], value(component))
  })
}
