// The driver without a GPU, from the side that only tests see: what it counts, and what goes wrong in it.

export interface FakeDriver {
  /** Makes the nth call of a function from now on (1: the next) return a `CUresult`. */
  readonly fail: (call: string, nth: number, result: number) => void
  /** How often a function was called. */
  readonly calls: (call: string) => number
  /** What is allocated or made and not destroyed yet. */
  readonly live: () => number
  /** What the end of its context has freed. */
  readonly abandoned: () => number
  readonly set: (setting: FakeSetting, value: number) => void
  /** A driver as it is at first. Only where no device is open. */
  readonly reset: () => void
}

/** `pace`: operations that a stream does a query; 0: all. `driver-version`: 13000 is 13.0. */
export type FakeSetting =
  | 'devices'
  | 'driver-version'
  | 'compute-capability'
  | 'processors'
  | 'shared-bytes'
  | 'memory-bytes'
  | 'pools'
  | 'pace'

/** The library that `buildFakeLibcuda` gave. */
export async function loadFakeDriver(path: string): Promise<FakeDriver> {
  const { default: koffi } = await import('koffi')
  const library = koffi.load(path)
  const count = (name: string): (() => number) => {
    const ask = library.func(`uint64_t ${name}()`)
    return () => Number(ask())
  }
  const calls = library.func('uint64_t fake_calls(const char *call)')
  return {
    fail: library.func('void fake_fail(const char *call, int nth, int result)'),
    calls: (call) => Number(calls(call)),
    live: count('fake_live'),
    abandoned: count('fake_abandoned'),
    set: library.func('bool fake_set(const char *setting, uint64_t value)'),
    reset: library.func('void fake_reset()'),
  }
}
