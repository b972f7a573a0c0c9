/** How errors name nodes. */
import { quote } from '../format-errors.js'

/** A node, by name where it has one. */
export function nodePlace(name: string, index: number): string {
  return name === '' ? `node ${index}` : `node ${quote(name)}`
}
