import type { Step } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { graphBuilder, importGraph, modelOf } from '@tilewright/onnx'
import { expect, test } from 'vitest'
import { floatingPointOnHost } from './host-operations.js'

const kindsIn = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step) =>
    step.kind === 'choose' ? ['choose', ...step.branches.flatMap(({ steps }) => kindsIn(steps))] : [step.kind],
  )

test('a float16 model on the processor: the host widens, narrows, and does no arithmetic', () => {
  const g = graphBuilder('test')
  const w = g.initializer('w', { dtype: 'f16', dims: [4, 4], data: Uint16Array.from({ length: 16 }, (_, i) => i) })
  g.output(g.node('MatMul', [g.input('x', 'f16', ['n', 4]), g.node('Neg', [w])]), 'f16')
  const { plan } = compile(importGraph(modelOf(g.build(), { opset: 17 })), { backend: cpu() })
  expect(new Set(kindsIn([...plan.prepare, ...plan.steps]))).toEqual(new Set(['launch', 'host', 'choose']))
  expect(floatingPointOnHost(plan)).toEqual({ operations: 0 })
})
