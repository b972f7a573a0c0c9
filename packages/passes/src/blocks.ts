/** The blocks of a body: lists of statements, each with the place where it stands, so that values can be put between. */
import { type Stmt, stmtChildren } from '@tilewright/ir'
import { assume, enterLoop, type RangeEnv } from './ranges.js'

export interface Block {
  /** The statement whose body this is. */
  readonly around: Position | undefined
  /** How many loops are around. */
  readonly depth: number
  /** How many blocks are around. */
  readonly level: number
  /** What is known wherever the block is executed. */
  readonly env: RangeEnv
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly stmt: Stmt
  /** The bodies of the statement, in order. */
  readonly bodies: readonly Block[]
}

/** A place before a statement of a block. */
export interface Position {
  readonly block: Block
  readonly index: number
}

/** The block of a body. */
export function blockOf(body: Stmt, env: RangeEnv, around?: Position, depth = 0): Block {
  const entries: Entry[] = []
  const block: Block = { around, depth, level: around === undefined ? 0 : around.block.level + 1, env, entries }
  const stmts = body.kind === 'seq' ? body.body : [body]
  stmts.forEach((stmt, index) => {
    const inside = stmt.kind === 'for' ? depth + 1 : depth
    // A sequence inside a sequence is a body too.
    const bodies = stmt.kind === 'seq' ? [stmt] : stmtChildren(stmt)
    entries.push({
      stmt,
      bodies: bodies.map((child) => blockOf(child, knownIn(stmt, child, env), { block, index }, inside)),
    })
  })
  return block
}

/** What is known in a body of a statement. */
function knownIn(stmt: Stmt, body: Stmt, env: RangeEnv): RangeEnv {
  if (stmt.kind === 'for') return enterLoop(env, stmt.loopVar, stmt.extent)
  return stmt.kind === 'if' ? assume(env, stmt.cond, body === stmt.then) : env
}

/** The innermost block around all positions, and the first place in it that is before all of them. */
export function before(positions: readonly Position[]): Position | undefined {
  const [first, ...rest] = positions
  return first && rest.reduce(meet, first)
}

function meet(a: Position, b: Position): Position {
  let [left, right] = [a, b]
  while (left.block !== right.block) {
    const next = left.block.level > right.block.level ? left.block.around : right.block.around
    if (next === undefined) return left
    if (left.block.level > right.block.level) left = next
    else right = next
  }
  return left.index <= right.index ? left : right
}

/** The place outside all loops but `depth` of those around a position: in the innermost such block. */
export function outsideLoops(position: Position, depth: number): Position {
  let place = position
  while (place.block.depth > depth && place.block.around !== undefined) place = place.block.around
  return place
}
