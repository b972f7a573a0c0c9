// What has no template: running sums, scatters and sorts.
import { cumProdOp, cumSumOp, type Graph, scatterElementsOp, scatterNdOp, topKOp } from '@tilewright/graph'
import type { Choose } from '../choose.js'
import { extents, surroundings } from './surroundings.js'

export function ruled(choose: Choose): Graph {
  const { operand, input, apply, finish } = surroundings(choose)
  const shape = extents(choose, 1, 2, 3)
  const x = operand(choose('f32', 'f32', 'f16', 'bf16', 'i32'), shape)
  const axis = choose(0, shape.length - 1)
  switch (choose('scan', 'scatter', 'rows', 'sort')) {
    case 'scan': {
      const attributes = { axis, exclusive: choose(true, false), reverse: choose(true, false) }
      return finish(apply(choose(cumSumOp, cumProdOp)(x, attributes), [x]))
    }
    case 'scatter': {
      const part = shape.with(axis, choose(1, 5, 64))
      const [indices, updates] = [input('i32', part), input(x.dtype, part)]
      const reduction = choose('none', 'add', 'mul', 'min', 'max')
      return finish(apply(scatterElementsOp(x, indices, updates, { axis, reduction }), [x, indices, updates]))
    }
    case 'rows': {
      const count = choose(1, 7, 100)
      const indices = input('i32', [count, 1])
      const updates = input(x.dtype, [count, ...shape.slice(1)])
      const reduction = choose('none', 'add', 'max')
      return finish(apply(scatterNdOp(x, indices, updates, { reduction }), [x, indices, updates]))
    }
    case 'sort': {
      const k = choose(shape[axis] ?? 1, 1)
      return finish(apply(topKOp(x, { k, axis, largest: choose(true, false) }), [x]))
    }
  }
}
