/** All of a buffer of a device, as a range. */
export function wholeBuffer<B extends { readonly bytes: number }>(
  buffer: B,
): { readonly buffer: B; readonly offset: number; readonly bytes: number } {
  return { buffer, offset: 0, bytes: buffer.bytes }
}
