/**
 * Printing of lowered kernels for languages that look like C: WGSL, CUDA C++, JavaScript.
 *
 * Printing is a table with an entry for each kind of node: a language takes the shared entries (c-like-tables.ts) and adds
 * or replaces the rest. This file decides indentation, the names of variables and buffers, and when an operand gets
 * parentheses.
 */
import {
  type Buffer,
  CompileError,
  checkKernelKind,
  defined,
  type Expr,
  type Kernel,
  type KernelProperty,
  type Stmt,
  type StmtKind,
  type Var,
} from '@tilewright/ir'
import { createNamer } from './namer.js'

/** How tightly the outermost operator of an expression binds. */
export const level = {
  or: 1,
  and: 2,
  bits: 3,
  comparison: 4,
  shift: 5,
  sum: 6,
  product: 7,
  unary: 8,
  primary: 9,
} as const
export type Level = (typeof level)[keyof typeof level]

/** A printed expression; where a tighter level is needed it is put in parentheses. */
export interface Code {
  readonly text: string
  readonly level: Level
}

export type ExprPrinters = {
  readonly [K in Expr['kind']]: (expr: Extract<Expr, { readonly kind: K }>, p: CLikePrinter) => Code
}
export type StmtPrinters = {
  readonly [K in StmtKind]: (stmt: Extract<Stmt, { readonly kind: K }>, p: CLikePrinter) => void
}

export interface CLikeLanguage {
  /** Words that no name may be: keywords, and whatever the language declares by itself and the printer uses. */
  readonly reserved: ReadonlySet<string>
  readonly exprs: ExprPrinters
  readonly stmts: StmtPrinters
}

export interface CLikePrinter {
  readonly code: (expr: Expr) => Code
  /** The text of an expression, in parentheses unless it binds at least as tightly as `least`. */
  readonly text: (expr: Expr, least?: Level) => string
  readonly stmt: (stmt: Stmt) => void
  readonly line: (text: string) => void
  /** Runs `body`; names made in it are free again afterwards. */
  readonly scope: (body: () => void) => void
  /** Runs `body` one level deeper, in a scope of its own. */
  readonly nest: (body: () => void) => void
  /** A name that is free here. */
  readonly fresh: (hint: string) => string
  /** Names a variable that is bound here. */
  readonly bind: (target: Var) => string
  /** Makes a variable stand for `code`. */
  readonly alias: (target: Var, code: Code) => void
  /** Names a buffer that is declared here. */
  readonly declare: (buffer: Buffer) => string
  readonly bufferName: (buffer: Buffer) => string
  readonly lines: () => readonly string[]
}

export function createCLikePrinter({ reserved, exprs, stmts }: CLikeLanguage): CLikePrinter {
  const namer = createNamer(reserved)
  const names = new Map<Var, Code>()
  const bufferNames = new Map<Buffer, string>()
  const lines: string[] = []
  let indent = ''

  const p: CLikePrinter = {
    code: (expr) => {
      switch (expr.kind) {
        case 'var':
          return names.get(expr) ?? exprs.var(expr, p)
        case 'const':
          return exprs.const(expr, p)
        case 'size':
          return exprs.size(expr, p)
        case 'builtin':
          return exprs.builtin(expr, p)
        case 'unary':
          return exprs.unary(expr, p)
        case 'binary':
          return exprs.binary(expr, p)
        case 'select':
          return exprs.select(expr, p)
        case 'cast':
          return exprs.cast(expr, p)
        case 'bitcast':
          return exprs.bitcast(expr, p)
        case 'load':
          return exprs.load(expr, p)
      }
    },
    text: (expr, least = level.or) => {
      const code = p.code(expr)
      return code.level >= least ? code.text : `(${code.text})`
    },
    stmt: (stmt) => {
      switch (stmt.kind) {
        case 'seq':
          return stmts.seq(stmt, p)
        case 'let':
          return stmts.let(stmt, p)
        case 'declare':
          return stmts.declare(stmt, p)
        case 'store':
          return stmts.store(stmt, p)
        case 'load-vector':
          return stmts['load-vector'](stmt, p)
        case 'store-vector':
          return stmts['store-vector'](stmt, p)
        case 'for':
          return stmts.for(stmt, p)
        case 'for-task':
          return stmts['for-task'](stmt, p)
        case 'if':
          return stmts.if(stmt, p)
        case 'atomic':
          return stmts.atomic(stmt, p)
        case 'barrier':
          return stmts.barrier(stmt, p)
        case 'async-copy':
          return stmts['async-copy'](stmt, p)
        case 'async-commit':
          return stmts['async-commit'](stmt, p)
        case 'async-wait':
          return stmts['async-wait'](stmt, p)
        case 'declare-mbarrier':
          return stmts['declare-mbarrier'](stmt, p)
        case 'mbarrier-arrive':
          return stmts['mbarrier-arrive'](stmt, p)
        case 'mbarrier-wait':
          return stmts['mbarrier-wait'](stmt, p)
        case 'load-matrices':
          return stmts['load-matrices'](stmt, p)
        case 'shuffle':
          return stmts.shuffle(stmt, p)
        case 'tile-copy':
          return stmts['tile-copy'](stmt, p)
        case 'async-multiply':
          return stmts['async-multiply'](stmt, p)
        case 'async-multiply-wait':
          return stmts['async-multiply-wait'](stmt, p)
        case 'matrix-multiply':
          return stmts['matrix-multiply'](stmt, p)
      }
    },
    line: (text) => {
      lines.push(indent + text)
    },
    scope: namer.scope,
    nest: (body) => {
      const outer = indent
      indent += '  '
      namer.scope(body)
      indent = outer
    },
    fresh: namer.fresh,
    bind: (target) => {
      const name = namer.fresh(target.hint)
      names.set(target, { text: name, level: level.primary })
      return name
    },
    alias: (target, code) => {
      names.set(target, code)
    },
    declare: (buffer) => {
      const name = namer.fresh(buffer.hint)
      bufferNames.set(buffer, name)
      return name
    },
    bufferName: (buffer) => defined(bufferNames.get(buffer), `buffer "${buffer.hint}" is used before it is declared`),
    lines: () => lines,
  }
  return p
}

/**
 * Throws `CompileError` `ir/argument` for what is no kernel, `ir/not-lowered` unless it has been through the passes that
 * establish `properties`, which are those of `pipeline`, as one writes it.
 */
export function requireLowered(kernel: Kernel, properties: readonly KernelProperty[], pipeline: string): void {
  checkKernelKind(kernel)
  const missing = properties.filter((property) => !kernel.properties.includes(property))
  if (missing.length === 0) return
  throw new CompileError({
    code: 'ir/not-lowered',
    message: `kernel "${kernel.name}" has not been lowered: what prints it needs ${missing.join(', ')}`,
    help: `lower it first: runPipeline(kernel, ${pipeline})`,
  })
}
