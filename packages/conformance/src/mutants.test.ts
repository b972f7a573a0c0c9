// The kit fails: backends that are wrong in one thing, and the case that finds it.
import { type Device, type DeviceBuffer, elementFor, type Pipeline } from '@tilewright/backend'
import { isHalf } from '@tilewright/ir'
import { elementText, type Operations, operations, type ToyParts, toyBackend } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { runConformance } from './run-conformance.js'

interface Mutant {
  readonly wrong: string
  readonly parts: ToyParts
  /** Names of cases that find it, from their beginning. */
  readonly foundBy: readonly string[]
}

/** An operation that computes something else where `of` has a result. */
const binary = (of: (...args: Parameters<Operations['binary']>) => number | boolean | undefined): ToyParts => ({
  operations: { ...operations, binary: (...args) => of(...args) ?? operations.binary(...args) },
})
const unary = (of: (...args: Parameters<Operations['unary']>) => number | boolean | undefined): ToyParts => ({
  operations: { ...operations, unary: (...args) => of(...args) ?? operations.unary(...args) },
})
const casts = (of: (...args: Parameters<Operations['cast']>) => number | boolean | undefined): ToyParts => ({
  operations: { ...operations, cast: (...args) => of(...args) ?? operations.cast(...args) },
})
const device = (of: (own: Device) => Partial<Device>): ToyParts => ({ device: (own) => ({ ...own, ...of(own) }) })

type Recorded = Parameters<ReturnType<Device['begin']>['dispatch']>
/** A device whose recordings are changed before they are submitted. */
const recordings = (change: (launches: readonly Recorded[]) => readonly Recorded[]): ToyParts =>
  device((own) => ({
    begin: () => {
      const launches: Recorded[] = []
      return {
        dispatch: (...launch) => {
          // Kernels and operands are checked as they should be.
          own.begin().dispatch(...launch)
          launches.push(launch)
        },
        submit: () => {
          const recorder = own.begin()
          for (const launch of change(launches)) recorder.dispatch(...launch)
          recorder.submit()
        },
      }
    },
  }))

const arithmeticMutants: readonly Mutant[] = [
  {
    wrong: 'i32 sums do not wrap',
    parts: binary((op, type, a, b) =>
      op === 'add' && type === 'i32' ? Math.min(2 ** 31 - 1, Number(a) + Number(b)) : undefined,
    ),
    foundBy: ['arithmetic: i32 wraps'],
  },
  {
    wrong: 'products of u32 are those of doubles',
    parts: binary((op, type, a, b) => (op === 'mul' && type === 'u32' ? (Number(a) * Number(b)) >>> 0 : undefined)),
    foundBy: ['arithmetic: u32 wraps'],
  },
  {
    wrong: 'quotients are rounded down',
    parts: binary((op, type, a, b) =>
      op === 'div' && type === 'i32' ? Math.floor(Number(a) / Number(b)) | 0 : undefined,
    ),
    foundBy: ['arithmetic: i32 quotients'],
  },
  {
    wrong: 'remainders have the sign of the divisor',
    parts: binary((op, type, a, b) => {
      const [x, y] = [Number(a), Number(b)]
      return op === 'mod' && type === 'i32' ? (((x % y) + y) % y) | 0 : undefined
    }),
    foundBy: ['arithmetic: i32 quotients'],
  },
  {
    wrong: 'shifts by more than 31 give nothing',
    parts: binary((op, _, __, b) => (op === 'shl' && Number(b) > 31 ? 0 : undefined)),
    foundBy: ['arithmetic: i32 wraps', 'arithmetic: u32 wraps'],
  },
  {
    wrong: 'an i32 is shifted in zeros',
    parts: binary((op, type, a, b) =>
      op === 'shr' && type === 'i32' ? (Number(a) >>> (Number(b) & 31)) | 0 : undefined,
    ),
    foundBy: ['arithmetic: i32 wraps'],
  },
  {
    wrong: 'a u32 is compared as an i32',
    parts: binary((op, type, a, b) => (op === 'lt' && type === 'u32' ? (Number(a) | 0) < (Number(b) | 0) : undefined)),
    foundBy: ['arithmetic: u32 wraps'],
  },
  {
    wrong: 'a sum of f32 is not rounded',
    parts: binary((op, type, a, b) => (op === 'add' && type === 'f32' ? Number(a) + Number(b) : undefined)),
    foundBy: ['arithmetic: f32 rounds each'],
  },
  {
    wrong: 'a quotient of f32 is a product with a loose reciprocal',
    parts: binary((op, type, a, b) =>
      op === 'div' && type === 'f32' ? Number(a) * Math.fround((1 / Number(b)) * (1 + 3e-7)) : undefined,
    ),
    foundBy: ['arithmetic: f32 divides'],
  },
  {
    wrong: 'halves are rounded up',
    parts: unary((op, _, x) => (op === 'round' ? Math.round(Number(x)) : undefined)),
    foundBy: ['functions: up to 2^15', 'arithmetic: f32 rounds each'],
  },
  {
    wrong: 'tanh is off by 1e-5 near zero',
    parts: unary((op, _, x) => (op === 'tanh' ? Math.fround(Math.tanh(Number(x)) * (1 + 1e-5)) : undefined)),
    foundBy: ['functions: below one'],
  },
  {
    wrong: 'sin of large arguments loses digits',
    parts: unary((op, _, x) => (op === 'sin' ? Math.fround(Math.sin(Math.fround(Number(x) * 1.0000003))) : undefined)),
    foundBy: ['functions: up to 2^15'],
  },
  {
    wrong: 'the logarithm of zero is a large number',
    parts: unary((op, _, x) => (op === 'log' && Number(x) === 0 ? -88 : undefined)),
    foundBy: ['functions: logarithms'],
  },
  {
    wrong: 'an f32 becomes an i32 modulo 2^32',
    parts: casts((to, from, x) => (to === 'i32' && from === 'f32' ? Number(x) | 0 : undefined)),
    foundBy: ['conversions: casts of f32'],
  },
  {
    wrong: 'a u32 becomes an f32 in two roundings',
    parts: casts((to, from, x) => {
      if (to !== 'f32' || from !== 'u32' || Number(x) < 2 ** 31) return undefined
      return Math.fround(Math.fround(Number(x) - 2 ** 31) + 2 ** 31)
    }),
    foundBy: ['conversions: casts of u32'],
  },
]

const printerMutants: readonly Mutant[] = [
  {
    wrong: 'a store of a byte clears the one behind it',
    parts: {
      stmts: {
        store: ({ buffer, index, value }, p) => {
          const element = elementText(buffer, index, p)
          const text = p.text(value)
          p.line(`${element} = ${isHalf(buffer.dtype) ? `toElement('${buffer.dtype}', ${text})` : text};`)
          if (buffer.dtype === 'u8') p.line(`${element.slice(0, -1)} + 1] = 0;`)
        },
      },
    },
    foundBy: ['narrow-types: stores of i8, u8, bool leave their neighbours alone'],
  },
  {
    wrong: 'f16 is mostly rounded towards zero',
    parts: {
      toElement: (dtype, value) => elementFor(dtype, dtype === 'f16' ? value * (1 - 2 ** -11) : value),
    },
    foundBy: ['narrow-types: loads of f16'],
  },
  {
    wrong: 'a loop asks for its extent again and again',
    parts: {
      stmts: {
        for: ({ loopVar, extent, body }, p) =>
          p.scope(() => {
            const name = p.bind(loopVar)
            p.line(`for (let ${name} = 0; ${name} < ${p.text(extent)}; ${name}++) {`)
            p.nest(() => p.stmt(body))
            p.line('}')
          }),
      },
    },
    foundBy: ['control-flow: the extent of a loop'],
  },
  {
    wrong: 'a loop runs once at least',
    parts: {
      stmts: {
        for: ({ loopVar, extent, body }, p) =>
          p.scope(() => {
            const name = p.bind(loopVar)
            p.line(`for (let ${name} = 0, end = Math.max(1, ${p.text(extent)}); ${name} < end; ${name}++) {`)
            p.nest(() => p.stmt(body))
            p.line('}')
          }),
      },
    },
    foundBy: ['control-flow: loops of as many iterations'],
  },
  {
    wrong: 'a bound value is evaluated where it is used',
    parts: {
      stmts: {
        let: (stmt, p) => p.alias(stmt.var, p.code(stmt.value)),
      },
    },
    foundBy: ['control-flow: a value that is bound stays'],
  },
  {
    wrong: 'barriers are left out',
    parts: { stmts: { barrier: () => undefined } },
    foundBy: ['cooperation: threads see what others'],
  },
  {
    wrong: 'storage is not ordered by barriers',
    parts: { stmts: { barrier: ({ memory }, p) => p.line(memory === 'workgroup' ? 'yield;' : '') } },
    foundBy: ['cooperation: storage is ordered'],
  },
  {
    wrong: 'an atomic forgets what was there',
    parts: {
      stmts: {
        atomic: ({ buffer, index, value, previous }, p) => {
          if (previous !== undefined) p.line(`const ${p.bind(previous)} = 0;`)
          p.line(`${elementText(buffer, index, p)} += ${p.text(value)};`)
        },
      },
    },
    foundBy: ['cooperation: each atomic gives', 'cooperation: atomics on storage'],
  },
  {
    wrong: 'asynchronous copies do not ask for their guard',
    parts: {
      stmts: {
        'async-copy': ({ destination, destinationIndex, source, sourceIndex, elements }, p) => {
          const [to, from] = [elementText(destination, destinationIndex, p), elementText(source, sourceIndex, p)]
          p.line(`for (let i = 0; i < ${elements}; i++) ${to.slice(0, -1)} + i] = ${from.slice(0, -1)} + i];`)
        },
      },
    },
    foundBy: ['cooperation: asynchronous copies of 4'],
  },
  {
    wrong: 'y and z are mixed up',
    parts: recordings((launches) =>
      launches.map(([pipeline, ranges, scalars, [x, y, z]]) => [pipeline, ranges, scalars, [x, z, y]]),
    ),
    foundBy: ['launches: a grid of three dimensions'],
  },
  {
    wrong: 'a launch has fewer workgroups than its kernel says',
    parts: recordings((launches) =>
      launches.map(([pipeline, ranges, scalars, [x, y, z]]) => [
        pipeline,
        ranges,
        scalars,
        [x % 65535, Math.max(1, y - 1), z],
      ]),
    ),
    foundBy: ['launches: more workgroups than 16 bits count, in x'],
  },
  {
    wrong: 'a pass is missing',
    parts: { passes: (own) => own.filter(({ name }) => name !== 'fold-launch') },
    foundBy: ['launches: a grid'],
  },
]

/** Zeros are whatever memory holds. */
const dirty = (own: Device): Partial<Device> => ({
  createBuffer: (bytes) => {
    const buffer = own.createBuffer(bytes)
    own.write(buffer, new Uint8Array(buffer.bytes).fill(0xa5))
    return buffer
  },
})

const deviceMutants: readonly Mutant[] = [
  {
    wrong: 'buffers are not zeroed',
    parts: device(dirty),
    foundBy: ['device: buffers are as large', 'device: buffers are zero'],
  },
  {
    wrong: 'launches of one recording run in any order',
    parts: recordings((launches) => launches.toReversed()),
    foundBy: ['launches: one after the other', 'launches: each sees'],
  },
  {
    wrong: 'a launch runs when it is recorded',
    parts: device((own) => ({
      begin: () => ({
        dispatch: (...launch) => {
          const recorder = own.begin()
          recorder.dispatch(...launch)
          recorder.submit()
        },
        submit: () => undefined,
      }),
    })),
    foundBy: ['launches: nothing runs before'],
  },
  {
    wrong: 'launches share the scalars of the last',
    parts: recordings((launches) => {
      const last = launches.at(-1)?.[2] ?? new Uint32Array()
      return launches.map(([pipeline, ranges, scalars, grid]) => [
        pipeline,
        ranges,
        scalars.length === last.length ? last : scalars,
        grid,
      ])
    }),
    foundBy: ['launches: one after the other'],
  },
  {
    wrong: 'operands begin where their buffers do',
    parts: recordings((launches) =>
      launches.map(([pipeline, ranges, ...rest]) => [
        pipeline,
        ranges.map((range) => ({ ...range, offset: 0 })),
        ...rest,
      ]),
    ),
    foundBy: ['memory: a buffer that is read and written'],
  },
  {
    wrong: 'operands may be smaller than their parameters',
    parts: device((own) => ({
      createPipeline: (kernel) =>
        own.createPipeline({ ...kernel, buffers: kernel.buffers.map(({ content: _, ...rest }) => rest) }),
    })),
    foundBy: ['device: kernels and launches that do not fit'],
  },
  {
    wrong: 'writes ignore their offset',
    parts: device((own) => ({ write: (buffer, data) => own.write(buffer, data) })),
    foundBy: ['device: writes at an offset'],
  },
  {
    wrong: 'writes keep the view for later',
    parts: device((own) => {
      const late: (() => void)[] = []
      const flush = (): void => {
        for (const write of late.splice(0)) write()
      }
      return {
        write: (...write) => {
          late.push(() => own.write(...write))
        },
        read: async (...read) => {
          flush()
          return own.read(...read)
        },
      }
    }),
    foundBy: ['device: writes take any view'],
  },
  {
    wrong: 'reads give what is there when they are waited for',
    parts: device((own) => ({
      read: async (...read) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return own.read(...read)
      },
    })),
    foundBy: ['device: reads take a prefix', 'launches: reads and writes stand'],
  },
  {
    wrong: 'no buffer is too large',
    parts: device((own) => ({ createBuffer: (bytes) => own.createBuffer(Math.min(bytes, 2 ** 20)) })),
    foundBy: ['device: what does not fit'],
  },
  {
    wrong: 'every source is taken',
    parts: device((own) => ({
      createPipeline: async (kernel): Promise<Pipeline> => own.createPipeline(kernel).catch(() => ({ kernel })),
    })),
    foundBy: ['device: a source that is none'],
  },
  {
    wrong: 'destroyed buffers can be used',
    parts: device((own) => ({
      createBuffer: (bytes): DeviceBuffer => {
        const buffer = own.createBuffer(bytes)
        Object.assign(buffer, { destroy: () => undefined })
        return buffer
      },
    })),
    foundBy: ['device: a destroyed buffer is gone'],
  },
  {
    wrong: 'nothing is disposed of',
    parts: device(() => ({ dispose: () => undefined })),
    foundBy: ['device: a device that is disposed of'],
  },
]

test.each([...arithmeticMutants, ...printerMutants, ...deviceMutants])('$wrong', async ({ parts, foundBy }) => {
  const backend = toyBackend(parts)
  const subject = { backend, device: await backend.open(), open: backend.open }
  const { results } = await runConformance(subject, {
    only: ({ name }) => foundBy.some((beginning) => name.startsWith(beginning)),
  })
  expect(results.map((result) => [result.case.name, result.kind])).toEqual(
    results.map((result) => [result.case.name, 'failed']),
  )
  expect(results.length).toBeGreaterThanOrEqual(foundBy.length)
})
