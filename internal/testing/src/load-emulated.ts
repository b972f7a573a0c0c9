// Loads a module of the CUDA emulator without a driver: its functions are called as they are.
import { defined } from '@tilewright/ir'

/** A tile map, as `cuTensorMapEncodeTiled` makes one: the fastest dimension first. */
export interface EmulatedTileMap {
  /** Which of the arguments is the tensor. */
  readonly tensor: number
  /** A `CUtensorMapDataType`. */
  readonly type: number
  readonly extents: readonly number[]
  /** Bytes, of all dimensions but the first. */
  readonly strides: readonly number[]
  readonly box: readonly number[]
}

/** What a parameter points to, a scalar i32, or a tile map. */
export type EmulatedArgument = ArrayBufferView | number | EmulatedTileMap

export interface EmulatedLaunch {
  readonly grid: readonly [number, number, number]
  readonly block: readonly [number, number, number]
  readonly args: readonly EmulatedArgument[]
  readonly sharedBytes?: number
  /** Default: 2. */
  readonly osThreads?: number
}

export interface EmulatedModule {
  /** Changes the arrays in `args` as the kernel does; undefined when all went well, else what was wrong. */
  readonly launch: (launch: EmulatedLaunch, kernel?: string) => string | undefined
  readonly setOrder: (reversed: boolean) => void
  readonly setAsync: (earliest: boolean) => void
}

const isTileMap = (arg: EmulatedArgument): arg is EmulatedTileMap => typeof arg === 'object' && 'tensor' in arg
/** Bytes of a tile map, at a multiple of these. */
const mapBytes = 128

/** Bytes on both sides of what a parameter points to, which must not change. */
const margin = 256
const marginByte = 0xa5

/** The module that an image of an emulated compiler names. */
export async function loadEmulated(image: Uint8Array): Promise<EmulatedModule> {
  const { default: koffi } = await import('koffi')
  const path = defined(new TextDecoder().decode(image).split('\n')[1], 'an image names a module')
  const library = koffi.load(path)
  const setOrder = library.func('void tilewright_set_order(int reversed)')
  const setAsync = library.func('void tilewright_set_async(int earliest)')
  const mapTensor = library.func(
    'int tilewright_map_tensor(uint64_t map, int type, uint rank, uint64_t first, const uint64_t *extents, const uint64_t *strides, const uint32_t *box)',
  )
  const message = library.func('const char *tilewright_message()')
  return {
    setOrder: (reversed) => setOrder(Number(reversed)),
    setAsync: (earliest) => setAsync(Number(earliest)),
    launch: ({ grid, block, args, sharedBytes = 0, osThreads = 2 }, kernel = 'main_kernel') => {
      const extents = 'uint gx, uint gy, uint gz, uint bx, uint by, uint bz'
      const entry = library.func(`int ${kernel}__launch(${extents}, uint bytes, void *params, uint osThreads)`)
      const arrays = args.map((arg) => {
        if (isTileMap(arg)) {
          const memory = koffi.alloc('uint8_t', 2 * mapBytes)
          const start = koffi.address(memory) + BigInt(mapBytes - 1)
          return { bytes: new Uint8Array(0), memory, isScalar: true, at: start - (start % BigInt(mapBytes)) }
        }
        const content = typeof arg === 'number' ? Int32Array.of(arg) : arg
        const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
        const memory = koffi.alloc('uint8_t', bytes.length + 2 * margin)
        const view = new Uint8Array(koffi.view(memory, bytes.length + 2 * margin))
        view.fill(marginByte)
        view.set(bytes, margin)
        return { bytes, memory, view, isScalar: typeof arg === 'number', at: koffi.address(memory) + BigInt(margin) }
      })
      // Of each parameter the pointer to its value, which for an array is a pointer in turn: those stand behind.
      const n = args.length
      const params = koffi.alloc('uint64_t', 2 * n + 1)
      const words = new BigUint64Array(koffi.view(params, 16 * n))
      for (const [i, { at, isScalar }] of arrays.entries()) {
        words[i] = isScalar ? at : koffi.address(params) + BigInt(8 * (n + i))
        words[n + i] = at
      }
      const isMapped = args.every((arg, i) => {
        if (!isTileMap(arg)) return true
        const { tensor, type, extents, strides, box } = arg
        const at = (of: number): bigint => defined(arrays[of], 'a tensor is an argument').at
        const longs = (values: readonly number[]): BigUint64Array => BigUint64Array.from(values, BigInt)
        const { length: rank } = extents
        return mapTensor(at(i), type, rank, at(tensor), longs(extents), longs(strides), Uint32Array.from(box)) !== 0
      })
      const status: unknown = isMapped ? entry(...grid, ...block, sharedBytes, params, osThreads) : undefined
      let outside = false
      for (const { bytes, view } of arrays) {
        if (view === undefined) continue
        const end = margin + bytes.length
        outside ||= [...view.subarray(0, margin), ...view.subarray(end)].some((byte) => byte !== marginByte)
        bytes.set(view.subarray(margin, end))
      }
      for (const { memory } of arrays) koffi.free(memory)
      koffi.free(params)
      if (!isMapped) return 'a tensor of which there is no map'
      if (status !== 0) return String(message())
      return outside ? 'the kernel wrote beside an array' : undefined
    },
  }
}
