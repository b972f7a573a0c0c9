/** Where a statement was written. Ignored by equality, hashing and printing. */
export interface SourceLocation {
  readonly file: string
  readonly line: number
  readonly column: number
}
