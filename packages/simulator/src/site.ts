/** Sites: the statements of a kernel by number, as errors name them. */
import type { Stmt } from '@tilewright/ir'

export interface Site {
  /** Position in the table of the run: what race shadows store. */
  readonly id: number
  /** `file:line:column (store to "c")`, or the description alone where no location is known. */
  readonly text: string
}

/** A site for `stmt`, appended to `table`. */
export function addSite(table: Site[], stmt: Stmt): Site {
  const site = {
    id: table.length,
    // Written for errors alone: most runs have none, and a location takes long to find.
    get text(): string {
      return textOf(stmt)
    },
  }
  table.push(site)
  return site
}

function textOf(stmt: Stmt): string {
  const { at } = stmt
  const description = describe(stmt)
  return at === undefined ? description : `${at.file}:${at.line}:${at.column} (${description})`
}

function describe(stmt: Stmt): string {
  switch (stmt.kind) {
    case 'let':
      return `let ${stmt.var.hint}`
    case 'for':
      return `for ${stmt.loopVar.hint}`
    case 'declare':
      return `declaration of "${stmt.buffer.hint}"`
    case 'store':
    case 'store-vector':
      return `${stmt.kind} to "${stmt.buffer.hint}"`
    case 'load-vector':
      return `load-vector of "${stmt.buffer.hint}"`
    case 'atomic':
      return `atomic ${stmt.op} on "${stmt.buffer.hint}"`
    case 'barrier':
      return `${stmt.participants} barrier`
    case 'async-copy':
      return `async-copy to "${stmt.destination.hint}"`
    case 'declare-mbarrier':
      return `declaration of "${stmt.mbarrier.hint}"`
    case 'mbarrier-arrive':
    case 'mbarrier-wait':
      return `${stmt.kind} on "${stmt.mbarrier.hint}"`
    default:
      return stmt.kind
  }
}
