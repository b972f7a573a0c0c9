/**
 * Folds by a workgroup together: each thread folds the points that are its own, then the threads' states are combined.
 * Only for folds that commute: the points of a thread are a workgroup's width apart, so that neighbouring threads read
 * neighbouring elements.
 */
import {
  type Axis,
  defined,
  type Expr,
  elementCount,
  type Fold,
  type KernelBuilder,
  substitute,
  type Value,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { coordinates } from '../matmul/tile-edges.js'
import { combineThreads, type Team } from './combine-threads.js'
import { type Bindings, combined } from './fold-in-thread.js'
import { bindAxes } from './owned-rows.js'

/** Who visits which points of a row. */
export interface SharedRow extends Team {
  /** Consecutive points of a thread. */
  readonly lanes: number
  /** Rounds that stand in the text, one after the other; without it they are a loop. */
  readonly rounds: number | undefined
  readonly row: readonly Axis[]
}

/**
 * Visits the points of a row that are the thread's own: their axes, and the position among the thread's points, which is
 * a constant after unrolling where rounds stand in the text. Points beyond the row are visited too, with `inside` false.
 */
export function ownPoints(
  g: KernelBuilder,
  { threads, lanes, rounds, row }: SharedRow,
  visit: (point: Bindings, inside: Value, position: Value) => void,
): void {
  const extents = row.map((axis) => axis.extent)
  const length = elementCount(extents)
  const inRound = compose(spatial(threads), repeat([lanes], { unroll: true })) // the points of a thread in one round
  const visitAt = (at: Value, position: Value): void => {
    visit(bindAxes(row, coordinates(at, extents)), at.lt(length), position)
  }
  if (rounds !== undefined) {
    const all = compose(repeat([rounds], { unroll: true }), inRound)
    g.forTask(all, g.thread, (at, position) => visitAt(at, position))
    return
  }
  const width = threads * lanes
  g.loop(
    'round',
    g
      .size(length)
      .add(width - 1)
      .div(width),
    (round) => g.forTask(inRound, g.thread, (at, position) => visitAt(round.mul(width).add(at), position)),
  )
}

/** Folds a row; every thread gets the result. `bindings` says what is known of the row, `at` also of a point. */
export function foldTogether(
  g: KernelBuilder,
  fold: Fold,
  shared: SharedRow,
  bindings: Bindings,
  at: (point: Bindings, position: Value) => Bindings,
): readonly Expr[] {
  const types = fold.left.map((v) => v.dtype)
  const state = types.map((type, i) => {
    const component = g.privateBuffer('state', type, [])
    component.set([], substitute(defined(fold.identity[i], 'one identity a component'), bindings))
    return component
  })
  ownPoints(g, shared, (point, inside, position) =>
    g.if(inside, () => {
      const here = at(point, position)
      const element = fold.value.map((of) => g.let('element', substitute(of, here)).expr)
      const old = state.map((component) => component.at().expr)
      combined(g, fold, old, element).forEach((next, i) => {
        state[i]?.set([], next)
      })
    }),
  )
  return combineThreads(
    g,
    fold,
    shared,
    state.map((component) => component.at().expr),
  )
}
