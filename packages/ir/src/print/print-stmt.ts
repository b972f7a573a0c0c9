/**
 * The text form of statements: one a line, bodies two spaces deeper between braces. Source locations are not shown, so
 * that kernels written in different places print alike.
 */
import { formatMapping } from '@tilewright/task-mapping'
import { isHeld, type LineTile } from '../async-multiply.js'
import type { Buffer } from '../buffer.js'
import type { Expr, Var } from '../expr.js'
import { formatSize } from '../size.js'
import type { Stmt } from '../stmt.js'
import type { Fragment } from '../subgroup-stmts.js'
import { stmtExprs, walkStmts } from '../walk.js'
import { createNames, type Names } from './names.js'
import { formatExpr, sizeNames } from './print-expr.js'

/** One line of text and the statement it begins, or ends (a closing brace belongs to none). */
export interface Line {
  readonly text: string
  readonly stmt: Stmt | undefined
}

/** The text of a statement alone. What it does not bind itself is named in order of appearance. */
export function printStmt(stmt: Stmt): string {
  const exprs: Expr[] = []
  walkStmts(stmt, (inner) => exprs.push(...stmtExprs(inner)))
  return stmtLines(stmt, createNames(sizeNames(exprs)), '')
    .map((line) => line.text)
    .join('\n')
}

/** `f32[64, K]`. */
export function formatType({ dtype, shape }: Buffer): string {
  return `${dtype}[${shape.map(formatSize).join(', ')}]`
}

/** The lines of a statement; it binds its names in the current scope of `names`. */
export function stmtLines(stmt: Stmt, names: Names, indent: string): readonly Line[] {
  const line = (text: string): Line => ({ text: indent + text, stmt })
  const closing = (text: string): Line => ({ text: indent + text, stmt: undefined })
  const inside = (body: Stmt): readonly Line[] => names.scoped(() => stmtLines(body, names, `${indent}  `))
  switch (stmt.kind) {
    case 'seq':
      return stmt.body.flatMap((inner) => stmtLines(inner, names, indent))
    case 'for':
    case 'for-task': {
      const head = forHead(stmt, names)
      return names.scoped(() => {
        const opened = head()
        return [line(`${opened} {`), ...stmtLines(stmt.body, names, `${indent}  `), closing('}')]
      })
    }
    case 'if': {
      const then = [line(`if ${formatExpr(stmt.cond, names)} {`), ...inside(stmt.then)]
      const otherwise = stmt.else === undefined ? [] : [closing('} else {'), ...inside(stmt.else)]
      return [...then, ...otherwise, closing('}')]
    }
    default:
      return [line(simpleText(stmt, names))]
  }
}

type Loop = Extract<Stmt, { kind: 'for' | 'for-task' }>

/** The head of a loop. The bound is named outside the loop's scope, the variables (by the function returned) inside. */
function forHead(stmt: Loop, names: Names): () => string {
  if (stmt.kind === 'for') {
    const range = `0..${formatExpr(stmt.extent, names)}${stmt.unroll ? ' unroll' : ''}`
    return () => `for ${names.bind(stmt.loopVar)} in ${range}`
  }
  const tasks = `${formatMapping(stmt.mapping)} on ${formatExpr(stmt.worker, names)}`
  const { vars, position } = stmt
  return () => {
    const task = tuple(vars.map(names.bind))
    return `for-task ${task}${position === undefined ? '' : ` at ${names.bind(position)}`} in ${tasks}`
  }
}

/** The text of a statement that holds no other. */
function simpleText(stmt: Exclude<Stmt, Loop | { kind: 'seq' | 'if' }>, names: Names): string {
  const expr = (inner: Expr): string => formatExpr(inner, names)
  const element = (of: Buffer, index: readonly Expr[]): string => `${names.of(of)}[${index.map(expr).join(', ')}]`
  const fragment = ({ buffer, map }: Fragment): string => `${names.of(buffer)}{${formatMapping(map)}}`
  const guarded = (guard: Expr | undefined): string => (guard === undefined ? '' : ` if ${expr(guard)}`)
  switch (stmt.kind) {
    case 'let': {
      const value = expr(stmt.value)
      return `let ${declared([stmt.var], names)} = ${value}`
    }
    case 'declare':
      return `${stmt.buffer.scope} ${names.bind(stmt.buffer)}: ${formatType(stmt.buffer)}`
    case 'store':
      return `${element(stmt.buffer, stmt.index)} = ${expr(stmt.value)}`
    case 'load-vector': {
      const source = `vector ${element(stmt.buffer, [stmt.index])}${guarded(stmt.guard)}`
      return `let ${declared(stmt.vars, names)} = ${source}`
    }
    case 'store-vector':
      return `vector ${element(stmt.buffer, [stmt.index])} = ${tuple(stmt.values.map(expr))}`
    case 'atomic': {
      const update = `atomic ${stmt.op}(${element(stmt.buffer, stmt.index)}, ${expr(stmt.value)})`
      return stmt.previous === undefined ? update : `let ${declared([stmt.previous], names)} = ${update}`
    }
    case 'barrier': {
      const participants = stmt.participants === 'workgroup' ? '' : ` ${stmt.participants}`
      return `barrier${participants}${stmt.memory === 'workgroup' ? '' : ` on ${stmt.memory}`}`
    }
    case 'async-copy': {
      const destination = element(stmt.destination, stmt.destinationIndex)
      const source = element(stmt.source, stmt.sourceIndex)
      return `async-copy ${stmt.elements} to ${destination} from ${source}${guarded(stmt.guard)}`
    }
    case 'async-commit':
      return 'async-commit'
    case 'async-wait':
      return `async-wait ${stmt.pending}`
    case 'declare-mbarrier':
      return `mbarrier ${names.bind(stmt.mbarrier)}: ${stmt.mbarrier.slots} slots, ${stmt.mbarrier.arrivals} arrivals`
    case 'mbarrier-arrive':
      return `arrive ${names.of(stmt.mbarrier)}[${expr(stmt.slot)}]${stmt.rank === undefined ? '' : ` of rank ${expr(stmt.rank)}`}`
    case 'mbarrier-wait':
      return `wait ${names.of(stmt.mbarrier)}[${expr(stmt.slot)}] parity ${expr(stmt.parity)}`
    case 'load-matrices': {
      const source = `matrices ${stmt.count}${stmt.transposed ? ' transposed' : ''}`
      return `load-${source} ${tuple(stmt.to.map(names.of))} from ${element(stmt.source, stmt.index)}`
    }
    case 'tile-copy': {
      const destination = element(stmt.destination, stmt.destinationIndex)
      const source = `${names.of(stmt.source)} as ${tuple(stmt.extents.map(expr))} from ${tuple(stmt.first.map(expr))}`
      return `tile-copy${stmt.multicast ? ' multicast' : ''} ${stmt.box.join('x')} to ${destination} of ${source} on ${names.of(stmt.mbarrier)}[${expr(stmt.slot)}]`
    }
    case 'async-multiply': {
      const tile = ({ buffer, index, lines, alongOwn }: LineTile): string =>
        `${element(buffer, index)}{${lines} lines along ${alongOwn ? 'its own axis' : 'k'}}`
      const a = isHeld(stmt.a) ? fragment(stmt.a) : tile(stmt.a)
      return `async-multiply ${stmt.depth} deep ${fragment(stmt.d)} += ${a} @ ${tile(stmt.b)}`
    }
    case 'async-multiply-wait':
      return `async-multiply-wait ${stmt.pending} for ${tuple(stmt.results.map(names.of))}`
    case 'shuffle':
      return `let ${declared([stmt.var], names)} = shuffle ${expr(stmt.value)} across ${stmt.mask}`
    case 'matrix-multiply':
      return `matrix-multiply ${fragment(stmt.d)} += ${fragment(stmt.a)} @ ${fragment(stmt.b)}`
  }
}

/** `x: f32`, `(x, y): f32`. */
function declared(vars: readonly Var[], names: Names): string {
  const [first] = vars
  const bound = vars.map(names.bind)
  return `${vars.length === 1 ? bound.join() : tuple(bound)}: ${first?.dtype ?? ''}`
}

function tuple(items: readonly string[]): string {
  return `(${items.join(', ')})`
}
