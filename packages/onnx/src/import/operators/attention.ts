/** Attention of ONNX, and the operators of recurrent models that stand beside it. */
import { type AttentionScores, attentionOp, causalConvOp, linearAttentionOp } from '@tilewright/graph'
import { CompileError, UnsupportedError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type OnnxOperator } from '../operator.js'
import { oneOf } from './one-of.js'

/** What the attribute qk_matmul_output_mode says of the fourth output. */
const scoreModes: readonly AttentionScores[] = ['products', 'capped', 'masked', 'weights']

/** Element types of ONNX that softmax_precision may name: f32, and those of less precision. */
const precisions = [1, 10, 16]

const updateRules = ['linear', 'gated', 'delta', 'gated_delta'] as const

export const attentionOperators: Readonly<Record<string, OnnxOperator>> = {
  Attention: {
    import: (context) => {
      const [query, key, value] = [context.input(0), context.input(1), context.input(2)]
      const [mask, pastKey, pastValue, lengths] = [3, 4, 5, 6].map((position) => context.optional(position))
      const mode = context.int('qk_matmul_output_mode', 0)
      const scores = scoreModes[mode]
      if (scores === undefined) throw badAttribute(context, 'qk_matmul_output_mode', mode)
      checkPrecision(context)
      const heads = (name: string): number | undefined =>
        context.attribute(name) === undefined ? undefined : context.int(name, 0)
      const operation = attentionOp(
        { query, key, value, mask, pastKey, pastValue, lengths },
        {
          queryHeads: heads('q_num_heads'),
          keyHeads: heads('kv_num_heads'),
          causal: context.int('is_causal', 0) !== 0,
          left: context.int('left_window_size', -1),
          right: context.int('right_window_size', -1),
          scale: context.attribute('scale') === undefined ? undefined : context.float('scale', 1),
          softcap: context.float('softcap', 0),
          scores,
          outputs: 1 + context.node.outputs.findLastIndex((name) => name !== ''),
        },
      )
      return apply(operation, [query, key, value, mask, pastKey, pastValue, lengths])
    },
  },
  LinearAttention: {
    import: (context) => {
      const [query, key, value] = [context.input(0), context.input(1), context.input(2)]
      const [past, decay, beta] = [3, 4, 5].map((position) => context.optional(position))
      const rule = oneOf(context, 'update_rule', updateRules, 'gated_delta')
      checkRule(context, rule, decay !== undefined, beta !== undefined)
      const scale = context.float('scale', 0)
      const attributes = {
        queryHeads: context.int('q_num_heads', 0),
        keyHeads: context.int('kv_num_heads', 0),
        scale: scale === 0 ? undefined : scale,
      }
      const operation = linearAttentionOp({ query, key, value, past, decay, beta }, attributes)
      return apply(operation, [query, key, value, past, decay, beta])
    },
  },
  CausalConvWithState: {
    import: (context) => {
      const [input, weight] = [context.input(0), context.input(1)]
      const [bias, past] = [context.optional(2), context.optional(3)]
      const silu = oneOf(context, 'activation', ['none', 'silu', 'swish'], 'none') !== 'none'
      return apply(causalConvOp({ input, weight, bias, past }, { silu }), [input, weight, bias, past])
    },
  },
}

/** The operands that a rule has are all there, and no others. Throws `CompileError` `onnx/attribute`. */
function checkRule(context: NodeContext, rule: string, hasDecay: boolean, hasBeta: boolean): void {
  if (rule.includes('gated') === hasDecay && rule.includes('delta') === hasBeta) return
  throw new CompileError({
    code: 'onnx/attribute',
    message: `update_rule ${rule} of LinearAttention with${hasDecay ? '' : 'out'} decay, with${hasBeta ? '' : 'out'} beta`,
    where: context.where,
    help: 'gated rules have a decay, delta rules a beta',
  })
}

/** A softmax is computed in f32. Throws `UnsupportedError` `onnx/operator` where more is asked for. */
function checkPrecision(context: NodeContext): void {
  const precision = context.int('softmax_precision', 1)
  if (precisions.includes(precision)) return
  const what = `Attention with softmax_precision ${precision}`
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: `${what} is not supported`,
    where: context.where,
    help: 'export the model with softmax_precision 1, float32',
    gaps: [{ where: context.where, what }],
  })
}

function badAttribute(context: NodeContext, name: string, value: number): CompileError {
  return new CompileError({
    code: 'onnx/attribute',
    message: `${name} of ${context.node.opType} is ${value}`,
    where: context.where,
    help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
  })
}
