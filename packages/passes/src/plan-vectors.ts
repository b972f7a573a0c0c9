/**
 * Which accesses of a block become vectors: complete groups of aligned, consecutive elements that can be brought together
 * without passing an access that might meet them.
 *
 * A vector load stands before the first load it replaces: no later one may have a write of its element, or a
 * synchronisation, in between. A vector store stands at the last store it replaces: no earlier one may have a read or
 * another write of its element in between, where reads count as they stand once the loads are vectors.
 */
import { type Buffer, computeType, type Expr, type Var, variable, walkExpr } from '@tilewright/ir'
import { type Access, areApart, type Block, type Element, type LoadSite, type StoreSite } from './block-accesses.js'
import { guardKey } from './guard-key.js'
import { alignmentOfForm, type LinearContext, linearForm } from './linear-form.js'

export interface PlannedLoad {
  readonly buffer: Buffer
  /** The position before which the vector is loaded. */
  readonly position: number
  readonly vars: readonly Var[]
  readonly index: Expr
  readonly guard: Expr | undefined
  readonly replaced: readonly {
    readonly position: number
    readonly element: Element
    readonly node: Expr
    readonly by: Var
  }[]
}

export interface PlannedStore {
  readonly buffer: Buffer
  /** The position of the last store, where the vector is stored. */
  readonly position: number
  readonly index: Expr
  /** In order of lanes. `early`: the value must be taken where it was stored, for what it reads is written later. */
  readonly lanes: readonly { readonly position: number; readonly early: boolean }[]
}

export interface BlockPlan {
  readonly loads: readonly PlannedLoad[]
  readonly stores: readonly PlannedStore[]
}

/** The vectors of `lanes` elements in a block. */
export function planVectors(block: Block, lanes: 2 | 4, context: LinearContext): BlockPlan {
  const guardText = ({ guard }: LoadSite): string =>
    guard === undefined ? '' : String(guardKey(guard, lanes, context))
  const loads: PlannedLoad[] = []
  for (const column of columns(block.loads, guardText, lanes, context)) {
    formVectors(column, (first, all) => {
      const plan = planLoad(block, first, all)
      if (plan === undefined) return undefined
      loads.push(plan.load)
      return plan.used
    })
  }
  const reads = readsAfter(block, loads)
  const stores: PlannedStore[] = []
  for (const column of columns(block.stores, () => '', lanes, context)) {
    formVectors(column, (first) => {
      const plan = planStore(block, reads, first)
      if (plan !== undefined) stores.push(plan)
      return plan === undefined ? undefined : new Set(first)
    })
  }
  return { loads, stores }
}

interface Site {
  readonly position: number
  readonly element: Element
}

/** For each lane of an aligned vector, the sites of its element, in order. */
type Column<S> = readonly (readonly S[])[]

/** The aligned groups of elements, all of whose lanes have a site. */
function columns<S extends Site>(
  sites: readonly S[],
  textOf: (site: S) => string,
  lanes: number,
  context: LinearContext,
): readonly Column<S>[] {
  const byBuffer = new Map<Buffer, Map<string, S[][]>>()
  for (const site of sites) {
    const { buffer, index, terms, constant } = site.element
    if (!isVectorElement(buffer)) continue
    const variable = { ...linearForm(index, context), constant: 0 }
    // Where the variable part is aligned, the constant alone says which lane of which vector this is.
    if (alignmentOfForm(variable, context) % lanes !== 0) continue
    const lane = constant & (lanes - 1)
    const key = `${terms} ${constant - lane} ${textOf(site)}`
    const columnsOf = byBuffer.get(buffer) ?? new Map<string, S[][]>()
    byBuffer.set(buffer, columnsOf)
    const column = columnsOf.get(key) ?? Array.from({ length: lanes }, () => [])
    columnsOf.set(key, column)
    column[lane]?.push(site)
  }
  return [...byBuffer.values()].flatMap((columnsOf) => [...columnsOf.values()])
}

/** Memory shared with others, in elements of four bytes that are stored as they are computed. */
const isVectorElement = ({ scope, dtype }: Buffer): boolean =>
  scope !== 'private' && dtype !== 'bool' && dtype === computeType(dtype)

/** Offers `form` the first sites of each lane, as long as every lane has one; it gives back the sites it used. */
function formVectors<S extends Site>(
  column: Column<S>,
  form: (first: readonly S[], all: Column<S>) => ReadonlySet<S> | undefined,
): void {
  let waiting = column
  for (;;) {
    const first = waiting.flatMap((sites) => sites.slice(0, 1))
    if (first.length < column.length) return
    const earliest = first.reduce((a, b) => (b.position < a.position ? b : a))
    const used = form(first, waiting) ?? new Set([earliest])
    waiting = waiting.map((sites) => sites.filter((site) => !used.has(site)))
  }
}

function planLoad(
  block: Block,
  first: readonly LoadSite[],
  all: Column<LoadSite>,
): { readonly load: PlannedLoad; readonly used: ReadonlySet<LoadSite> } | undefined {
  const [lead] = first
  if (lead === undefined) return undefined
  const { element, guard } = lead
  const position = Math.min(...first.map((site) => site.position))
  const canMove = (site: LoadSite): boolean =>
    site.position >= position && !isBlocked(block, site.element, { after: position - 1, before: site.position })
  const inScope = isBoundBefore(block, element.index, position) && (!guard || isBoundBefore(block, guard, position))
  if (!inScope || !first.every(canMove)) return undefined
  const vars = first.map(() => variable(element.buffer.hint, computeType(element.buffer.dtype)))
  const used = new Set(all.flatMap((sites) => sites.filter(canMove)))
  const replaced = all.flatMap((sites, lane) => {
    const by = vars[lane]
    return by === undefined
      ? []
      : sites.filter((site) => used.has(site)).map(({ position, element, node }) => ({ position, element, node, by }))
  })
  return { load: { buffer: element.buffer, position, vars, index: element.index, guard, replaced }, used }
}

/** A read that planned loads may have moved up. */
interface Read extends Access {
  /** Where it stood in the block. */
  readonly origin: number
}

/** All reads, as they stand once the planned loads are vectors. */
function readsAfter(block: Block, loads: readonly PlannedLoad[]): ReadonlyMap<Buffer, readonly Read[]> {
  const reads = new Map<Buffer, Read[]>()
  for (const [buffer, accesses] of block.reads) {
    reads.set(
      buffer,
      accesses.map((access) => ({ ...access, origin: access.position })),
    )
  }
  for (const { buffer, position, replaced } of loads) {
    for (const site of replaced) reads.get(buffer)?.push({ origin: site.position, position, element: site.element })
  }
  return reads
}

function planStore(
  block: Block,
  reads: ReadonlyMap<Buffer, readonly Read[]>,
  first: readonly StoreSite[],
): PlannedStore | undefined {
  const [lead] = first
  if (lead === undefined) return undefined
  const { buffer, index } = lead.element
  const position = Math.max(...first.map((site) => site.position))
  const own = new Set(first.map((site) => site.position))
  const canMove = (site: StoreSite): boolean => {
    const isPassed = (read: Read): boolean =>
      read.origin > site.position && read.position <= position && !areApart(site.element, read.element)
    if ((reads.get(buffer) ?? []).some(isPassed)) return false
    return !isBlocked(block, site.element, { after: site.position, before: position }, own)
  }
  if (!first.every(canMove)) return undefined
  const lanes = first.map((site) => ({
    position: site.position,
    early: isOverwritten(block, site.value, { after: site.position, before: position }, own),
  }))
  return { buffer, position, index, lanes }
}

/** Positions in between, without the ends. */
interface Span {
  readonly after: number
  readonly before: number
}

const isWithin = (position: number, { after, before }: Span): boolean => position > after && position < before

/** Whether a synchronisation, or a write that may meet the element, stands in the span. */
function isBlocked(block: Block, element: Element, span: Span, except: ReadonlySet<number> = new Set()): boolean {
  const meets = (write: Access): boolean =>
    isWithin(write.position, span) && !except.has(write.position) && !areApart(element, write.element)
  return (
    block.synchronisations.some((position) => isWithin(position, span)) ||
    (block.writes.get(element.buffer) ?? []).some(meets)
  )
}

/** Whether memory that `value` reads is written in the span, by other stores than those at `except`. */
function isOverwritten(block: Block, value: Expr, span: Span, except: ReadonlySet<number>): boolean {
  let overwritten = false
  walkExpr(value, (node) => {
    if (node.kind !== 'load' || overwritten) return
    const written = block.writes.get(node.buffer) ?? []
    overwritten = written.some(({ position }) => isWithin(position, span) && !except.has(position))
  })
  return overwritten
}

/** Whether all variables of an expression are bound before a position: in the block before it, or outside. */
function isBoundBefore(block: Block, expr: Expr, position: number): boolean {
  let bound = true
  walkExpr(expr, (node) => {
    if (node.kind === 'var' && (block.bound.get(node) ?? -1) >= position) bound = false
  })
  return bound
}
