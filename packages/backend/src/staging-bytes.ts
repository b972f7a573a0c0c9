/** Sizes of what transfers pass through. */

const minBytes = 2 ** 12
/** Above this, doubling wastes more than it saves. */
const largeBytes = 2 ** 24

/** `bytes` rounded up, so that few buffers serve all transfers. */
export function stagingBytes(bytes: number): number {
  return bytes > largeBytes
    ? Math.ceil(bytes / largeBytes) * largeBytes
    : Math.max(minBytes, 2 ** Math.ceil(Math.log2(bytes)))
}
