import { toyBackend } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { conformanceCases } from './cases/index.js'
import { ConformanceError, type Subject } from './conformance-case.js'
import { type ConformanceResult, runConformance } from './run-conformance.js'

const backend = toyBackend()
const open = async (): Promise<Subject> => ({ backend, device: await backend.open(), open: backend.open })

test('a backend of published packages alone passes, but for what its target lacks', { timeout: 60_000 }, async () => {
  const told: ConformanceResult[] = []
  const report = await runConformance(await open(), { onResult: (result) => told.push(result) })
  const failures = report.results.flatMap((one) => (one.kind === 'failed' ? [[one.case.name, one.error]] : []))
  expect(failures).toEqual([])
  expect(told).toEqual(report.results)
  const skipped = report.results.flatMap((one) => (one.kind === 'skipped' ? [one.reason] : []))
  expect(new Set(skipped)).toEqual(new Set(['the target fixes no size of subgroups']))
  expect([report.passed + report.skipped, report.failed]).toEqual([conformanceCases.length, 0])
})

test('a backend without `open` is tried on the device it is given, alone', async () => {
  const { device } = await open()
  const { results, skipped } = await runConformance({ backend, device }, { only: ({ area }) => area === 'device' })
  const without = results.filter(({ kind }) => kind === 'skipped').map((one) => one.case.name)
  expect(without).toEqual([
    'device: buffers and pipelines of another device are refused',
    'device: a device that is disposed of refuses all use, and is not lost',
    'device: disposing of one device leaves the others',
  ])
  expect(skipped).toBe(3)
})

test.each<[what: string, subject: unknown, error: object]>([
  [
    'nothing',
    undefined,
    { code: 'conformance/subject', message: 'what is tried is a backend with a device, not undefined' },
  ],
  [
    'no device',
    { backend },
    { code: 'conformance/subject', message: 'the device of a subject is one that is open, not undefined' },
  ],
  ['a device that is not awaited', { backend, device: backend.open() }, { code: 'conformance/subject' }],
  ['no backend', { device: {} }, { code: 'backend/descriptor' }],
  ['a misspelt device', { backend, devise: {} }, { message: 'a subject has no option "devise"' }],
])('%s is refused before a case runs', async (_, subject, error) => {
  await expect(Reflect.apply(runConformance, undefined, [subject])).rejects.toMatchObject(error)
})

test('names are unique, and begin with their area', () => {
  const names = conformanceCases.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const { name, area } of conformanceCases) expect(name.startsWith(`${area}: `)).toBe(true)
})

test('a failure says the element, both values, the kernel and the source', async () => {
  const wrong = toyBackend({ stmts: { barrier: () => undefined } })
  const report = await runConformance(
    { backend: wrong, device: await wrong.open() },
    { only: ({ name }) => name === 'cooperation: threads see what others wrote before a barrier' },
  )
  const [result] = report.results
  expect(result?.kind).toBe('failed')
  const error = result?.kind === 'failed' ? result.error : undefined
  if (!(error instanceof ConformanceError)) throw error
  expect([error.code, error.message, error.help]).toMatchInlineSnapshot(`
    [
      "conformance/difference",
      "y: element 0 is 0, the simulator's is 8037",
      "after the passes the kernel is right: look at what was printed, and at the device",
    ]
  `)
  expect(error.kernel).toContain('barrier')
  expect(error.source).not.toContain('yield')
})
