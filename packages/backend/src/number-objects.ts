/** Numbers in the place of objects, for keys. */

/** A number for each object, the same whenever it is asked for. Memory and handles come again, numbers do not. */
export function numberObjects(): (object: object) => number {
  const numbers = new WeakMap<object, number>()
  let last = 0
  return (object) => {
    const known = numbers.get(object)
    if (known !== undefined) return known
    numbers.set(object, ++last)
    return last
  }
}
