/** Plans from anywhere: each is run, or refused by a typed error. */
import { cpu } from '@tilewright/backend-cpu'
import { type CompiledModel, compile } from '@tilewright/compiler'
import { arbitraryGraph, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ConstantSource, createSession, type HostTensor } from './index.js'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const backend = cpu()
const device = await backend.open()

/** The code of what a session of this plan ends in, `ran` when it runs. */
async function outcomeOf(plan: unknown, constants: ConstantSource, inputs: Readonly<Record<string, HostTensor>>) {
  try {
    // What a caller without types may pass.
    const session = await createSession({ plan: plan as CompiledModel['plan'], constants, device })
    await session.run(inputs)
    session.dispose()
    return 'ran'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

const typed = /^(ran|[a-z-]+\/[a-z-]+)$/

test('any JSON is refused', async () => {
  const property = fc.asyncProperty(fc.jsonValue(), async (plan) => {
    expect(await outcomeOf(plan, new Uint8Array(), {})).toMatch(/^plan\/(malformed|version)$/)
  })
  await fc.assert(property, { numRuns: propertyRuns() })
})

/** Every place in a value, the value itself aside. Sources are left out: whoever changes them has written another program. */
function placesIn(value: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'source' ? [] : [[...path, key], ...placesIn(inner, [...path, key])],
  )
}

const isNumber = (value: Json | undefined): value is number => typeof value === 'number'

/** The value with what stands at `path` replaced; undefined removes it. */
function replaced(value: Json, path: readonly string[], change: (old: Json) => Json | undefined): Json {
  const [key, ...rest] = path
  if (key === undefined || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([name, inner]): readonly [string, Json][] => {
    if (name !== key) return [[name, inner]]
    const made = rest.length === 0 ? change(inner) : replaced(inner, rest, change)
    return made === undefined ? [] : [[name, made]]
  })
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

const numbers = fc.oneof(fc.constantFrom(0, 1, 2, 3, -1, 0.5, 16, 65, 2 ** 31, 2 ** 53, 1e300), fc.nat({ max: 64 }))
const values: fc.Arbitrary<Json | undefined> = fc.oneof(
  numbers,
  fc.constantFrom<Json | undefined>(undefined, null, true, '', 'f32', 'i64', 'size', '__proto__', [], [1], {}),
)

test('a plan with something changed runs, or is refused', { timeout: 300_000 }, async () => {
  const property = fc.asyncProperty(
    arbitraryGraph(),
    fc.array(fc.tuple(fc.nat(), values, numbers), { minLength: 1, maxLength: 3 }),
    async ({ graph, runs: [run] }, changes) => {
      const { plan, constants } = compile(graph, { backend, device })
      const inputs = Object.fromEntries(
        graph.inputs.map(({ name, shape }): [string, HostTensor] => {
          const extents = shape.map((extent) => (typeof extent === 'number' ? extent : (run.sizes.n ?? 1)))
          return [name, { dtype: 'f32', shape: extents, data: run.inputs.get(name) ?? new Float32Array() }]
        }),
      )
      let mutant: Json = JSON.parse(JSON.stringify(plan))
      for (const [at, value, number] of changes) {
        const places = placesIn(mutant)
        const path = places[at % places.length] ?? []
        // More workgroups than a plan has are more work, and nothing else.
        if (path.includes('workgroups') && number > 64) continue
        mutant = replaced(mutant, path, (old) => (isNumber(old) ? number : value))
      }
      expect(await outcomeOf(mutant, constants, inputs)).toMatch(typed)
    },
  )
  await fc.assert(property, { numRuns: Math.ceil(propertyRuns() / 2) })
})
