/** What a kernel takes of a GPU, as ptxas says. */
export interface Resources {
  readonly registers: number
  /** Shared memory that is declared with the kernel; dynamic shared memory is what a launch asks for. */
  readonly sharedBytes: number
  /** Local memory of a thread for arrays, spilled registers and calls. */
  readonly stackBytes: number
  readonly spillStores: number
  readonly spillLoads: number
  readonly barriers: number
  /** Whether ptxas has asynchronous products wait for each other, because something else is done to their sums meanwhile. */
  readonly serialised: boolean
}

/** Bytes of registers that go through memory because there are too few. */
export const spilledBytes = ({ spillStores, spillLoads }: Resources): number => spillStores + spillLoads

/** By entry, from what `ptxas -v` prints; functions that are called have their own lines, and are left out. */
export function readResources(log: string): ReadonlyMap<string, Resources> {
  const found = new Map<string, Resources>()
  const serialised = new Set<string>()
  let entry = ''
  let properties = ''
  let frame = { stackBytes: 0, spillStores: 0, spillLoads: 0 }
  for (const line of log.split('\n')) {
    const waiting = /wgmma.mma_async instructions are serialized .* in the function '(\w+)'/.exec(line)?.[1]
    if (waiting !== undefined) serialised.add(waiting)
    entry = /Compiling entry function '(\w+)'/.exec(line)?.[1] ?? entry
    properties = /Function properties for (\S+)/.exec(line)?.[1] ?? properties
    const bytes = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/.exec(line)
    if (bytes !== null && properties === entry) {
      const [stackBytes = 0, spillStores = 0, spillLoads = 0] = bytes.slice(1).map(Number)
      frame = { stackBytes, spillStores, spillLoads }
    }
    const registers = numberBefore(line, ' registers', 'Used ')
    if (registers === undefined) continue
    found.set(entry, {
      registers,
      sharedBytes: numberBefore(line, ' bytes smem') ?? 0,
      ...frame,
      stackBytes: numberBefore(line, ' bytes cumulative stack size') ?? frame.stackBytes,
      barriers: numberBefore(line, ' barriers') ?? 0,
      serialised: serialised.has(entry),
    })
  }
  return found
}

function numberBefore(line: string, unit: string, before = ''): number | undefined {
  const digits = new RegExp(`${before}(\\d+)${unit}`).exec(line)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
