/** Activations of recurrent cells, by the names that ONNX gives them. */
import { add, binary, CompileError, constant, div, type Expr, lt, mul, select, unary } from '@tilewright/ir'
import { elu, hardSigmoid, sigmoid, softplus } from './activations.js'

export interface CellActivation {
  readonly name: string
  readonly alpha: number | undefined
  readonly beta: number | undefined
}

interface Kind {
  /** Defaults of the parameters that it has. */
  readonly alpha?: number
  readonly beta?: number
  readonly of: (x: Expr, alpha: number, beta: number) => Expr
}

const f32 = (value: number): Expr => constant('f32', value)
const zero = f32(0)

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['Relu', { of: (x) => binary('max', x, zero) }],
  ['Tanh', { of: (x) => unary('tanh', x) }],
  ['Sigmoid', { of: sigmoid }],
  ['Softplus', { of: softplus }],
  ['Softsign', { of: (x) => div(x, add(f32(1), unary('abs', x))) }],
  ['Affine', { alpha: 1, beta: 0, of: (x, alpha, beta) => add(mul(f32(alpha), x), f32(beta)) }],
  ['LeakyRelu', { alpha: 0.01, of: (x, alpha) => select(lt(x, zero), mul(f32(alpha), x), x) }],
  ['ThresholdedRelu', { alpha: 1, of: (x, alpha) => select(lt(x, f32(alpha)), zero, x) }],
  ['ScaledTanh', { alpha: 1, beta: 1, of: (x, alpha, beta) => mul(f32(alpha), unary('tanh', mul(f32(beta), x))) }],
  ['HardSigmoid', { alpha: 0.2, beta: 0.5, of: hardSigmoid }],
  ['Elu', { alpha: 1, of: elu }],
])

/**
 * The activations of these names; those with parameters take the next of `alphas` and `betas`, which may end early. Throws
 * `CompileError` `graph/activation`.
 */
export function cellActivations(
  names: readonly string[],
  alphas: readonly number[],
  betas: readonly number[],
): readonly CellActivation[] {
  const [nextAlpha, nextBeta] = [alphas.values(), betas.values()]
  return names.map((name) => {
    const kind = kindOf(name)
    return {
      name,
      alpha: kind.alpha === undefined ? undefined : (nextAlpha.next().value ?? kind.alpha),
      beta: kind.beta === undefined ? undefined : (nextBeta.next().value ?? kind.beta),
    }
  })
}

/** The activation of a value that is kept within ±`clip` first, where that is given. */
export function activate({ name, alpha = 0, beta = 0 }: CellActivation, x: Expr, clip: number | undefined): Expr {
  const kept = clip === undefined ? x : binary('min', binary('max', x, f32(-clip)), f32(clip))
  return kindOf(name).of(kept, alpha, beta)
}

function kindOf(name: string): Kind {
  const kind = kinds.get(name)
  if (kind !== undefined) return kind
  throw new CompileError({
    code: 'graph/activation',
    message: `no activation is called ${JSON.stringify(name)}`,
    help: `there are ${[...kinds.keys()].join(', ')}`,
  })
}
