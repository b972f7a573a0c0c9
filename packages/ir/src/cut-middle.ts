/** A name of at most `most` characters: of a longer one both ends, which tell it from others, around an ellipsis. */
export function cutMiddle(name: string, most: number): string {
  if (name.length <= most) return name
  const head = Math.ceil((most - 1) / 2)
  return `${name.slice(0, head)}…${name.slice(name.length - (most - 1 - head))}`
}
