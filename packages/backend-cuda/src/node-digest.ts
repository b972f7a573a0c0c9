/** Keys of what is kept between processes. */
import { createHash } from 'node:crypto'

/** SHA-256 of `parts`, as hexadecimal digits; lengths keep the parts apart. */
export function digest(parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\n${part}`)
  return hash.digest('hex')
}
