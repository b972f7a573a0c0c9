/** Recurrent networks of ONNX: RNN, GRU, LSTM. */
import { type Cell, cellActivations, gruCell, lstmCell, recurrentOp, rnnCell } from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'
import { invalid } from '../scope.js'
import { oneOf } from './one-of.js'

const directions = ['forward', 'reverse', 'bidirectional'] as const

const recurrent = (cell: Cell): OnnxOperator => ({
  import: (context) => {
    const [x, w, r] = [context.input(0), context.input(1), context.input(2)]
    const [bias, lengths, hidden] = [3, 4, 5].map((position) => context.optional(position))
    const isLstm = cell === lstmCell
    const [cellState, peepholes] = isLstm ? [context.optional(6), context.optional(7)] : [undefined, undefined]
    const size = r.shape[2]
    const declared = typeof size === 'number' ? context.int('hidden_size', size) : size
    if (declared !== size) {
      const said = `hidden_size of ${context.node.opType} is ${declared}, its weights say ${size}`
      throw invalid('onnx/attribute', said, context.where)
    }
    const direction = oneOf(context, 'direction', directions, 'forward')
    const attributes = {
      direction,
      activations: activationsOf(context, cell, direction === 'bidirectional' ? 2 : 1),
      clip: context.attribute('clip') === undefined ? undefined : context.float('clip', 0),
      batchFirst: context.int('layout', 0) !== 0,
      linearBeforeReset: context.int('linear_before_reset', 0) !== 0,
      inputForget: context.int('input_forget', 0) !== 0,
    }
    const operation = recurrentOp(cell, { x, w, r, bias, lengths, hidden, cell: cellState, peepholes }, attributes)
    return apply(operation, [x, w, r, bias, lengths, hidden, cellState, peepholes])
  },
})

export const recurrentOperators: Readonly<Record<string, OnnxOperator>> = {
  RNN: recurrent(rnnCell),
  GRU: recurrent(gruCell),
  LSTM: recurrent(lstmCell),
}

/** Those given, or the cell's own for each direction. Throws `CompileError` `onnx/attribute`. */
function activationsOf(context: NodeContext, cell: Cell, count: number): ReturnType<typeof cellActivations> {
  const given = context.attribute('activations')
  const own = Array.from({ length: count }, () => cell.activations).flat()
  const names = given?.kind === 'strings' ? given.value : own
  // Some exporters give a simple RNN of one direction the default of two.
  if (names.length < own.length) {
    throw new CompileError({
      code: 'onnx/attribute',
      message: `${context.node.opType} has ${names.length} activations, and needs ${own.length}`,
      where: context.where,
      help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
    })
  }
  const floats = (name: string): readonly number[] => {
    const found = context.attribute(name)
    return found?.kind === 'floats' ? found.value : []
  }
  return cellActivations(names.slice(0, own.length), floats('activation_alpha'), floats('activation_beta'))
}
