/**
 * Replaces asynchronous copies by loads and stores, for languages without them.
 *
 *     async-copy 2 elements from a[i] to tile[t] if guard; async-commit; async-wait 0
 *  => tile[t] = select(guard, a[i], 0); tile[t + 1] = select(guard, a[i + 1], 0)
 *
 * A copy may land at any moment between its start and its wait, so at its start; other threads see it after the barrier
 * that must follow anyway.
 */
import {
  type AsyncCopy,
  add,
  computeType,
  constant,
  definePass,
  type Expr,
  int,
  invariant,
  load,
  type Pass,
  rewriteStmts,
  type Stmt,
  select,
  seq,
  store,
} from '@tilewright/ir'

export const lowerAsyncCopies: Pass = definePass('lower-async-copies', { requires: ['flat-indices'] }, (kernel) => {
  const body = rewriteStmts(kernel.body, (stmt) => {
    switch (stmt.kind) {
      case 'async-copy':
        return copied(stmt)
      case 'async-commit':
      case 'async-wait':
        return seq([])
      default:
        return stmt
    }
  })
  return body === kernel.body ? kernel : { ...kernel, body }
})

function copied(copy: AsyncCopy): Stmt {
  const { source, destination, elements, guard, at } = copy
  const offset = (index: readonly Expr[], by: number): readonly Expr[] => {
    const [flat] = index
    invariant(flat !== undefined, `async copy of "${source.hint}" has no flat index`)
    return [add(flat, int(by))]
  }
  const zero = constant(computeType(source.dtype), 0)
  return seq(
    Array.from({ length: elements }, (_, i) => {
      const value = load(source, offset(copy.sourceIndex, i))
      const guarded = guard === undefined ? value : select(guard, value, zero)
      return store(destination, offset(copy.destinationIndex, i), guarded, at)
    }),
  )
}
