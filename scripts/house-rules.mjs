// The rules of the house that the linter does not know, over sources without tests. Pure: files in, problems out.
import ts from 'typescript'
import { parse, walk } from './sources.mjs'

/** @typedef {import('./sources.mjs').SourceFile} SourceFile */

const LINE_LIMIT = 400

/**
 * Files that are longer than the limit and should be, by path from the root, each with the reason.
 *
 * @type {Record<string, string>}
 */
export const LONG_FILES = {}

/** Globals that browsers do not have. */
const NODE_GLOBALS = new Set(['process', 'Buffer', '__dirname', '__filename', 'require'])

/** Where they are fine: the command line, and files or folders named for Node. */
const NODE_FILE = /^packages\/(cli\/|.*\/node(-[a-z-]+)?(\/|\.ts$))/

/** Backends, and what the command line calls their devices. */
const BACKEND_NAMES = new Set(['wgsl', 'webgpu', 'cuda', 'cuda-emulated', 'cpu'])

/** Packages above the backends, or beside them, which ask a target for facts and nobody for a name. */
const NEUTRAL_FILE = /^packages\/(?!backend-)/

/** The one table of backends: what `--device` takes. */
const DEVICE_TABLE = 'packages/cli/src/open-device.ts'

/**
 * Every breach of the rules in one file, as one line each.
 *
 * @param {SourceFile} file path: from the root
 * @param {Readonly<Record<string, string>>} [longFiles]
 * @returns {string[]}
 */
export function checkFile(file, longFiles = LONG_FILES) {
  const source = parse(file)
  /** @type {string[]} */
  const problems = []
  /**
   * @param {number} position
   * @param {string} message
   */
  const complain = (position, message) => {
    const { line, character } = source.getLineAndCharacterOfPosition(position)
    problems.push(`${file.path}:${line + 1}:${character + 1}: ${message}`)
  }

  const lines = file.text.trimEnd().split('\n').length
  const reason = longFiles[file.path]
  if (lines > LINE_LIMIT && reason === undefined) {
    complain(0, `${lines} lines: which two things does it do? (limit ${LINE_LIMIT}; a reason goes into LONG_FILES)`)
  }
  if (lines <= LINE_LIMIT && reason !== undefined)
    complain(0, `${lines} lines: it needs no entry in LONG_FILES any more`)
  for (const { index, 0: comment } of file.text.matchAll(/@ts-(ignore|expect-error|nocheck)|\b(TODO|FIXME|XXX)\b/g)) {
    complain(
      index,
      comment.startsWith('@') ? `${comment} silences the checker` : `${comment}: do it or say it in the docs`,
    )
  }

  walk(source, (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword)
      complain(node.getStart(), "'any': give the type, or take 'unknown' and check")
    if (isBareError(node)) {
      complain(
        node.getStart(),
        "bare 'Error': throw a typed error of the package, or call invariant() for a bug of our own",
      )
    }
    if (isCast(node) && !hasComment(source, node)) {
      complain(node.getStart(), 'cast without a comment (on its line or the one above) that says why it is safe')
    }
    if (NEUTRAL_FILE.test(file.path) && file.path !== DEVICE_TABLE && isBranchOnBackend(node)) {
      complain(node.getStart(), 'a branch on the name of a backend: ask its target for the fact that matters')
    }
    if (ts.isIdentifier(node) && NODE_GLOBALS.has(node.text) && !NODE_FILE.test(file.path) && isFreeName(node)) {
      complain(
        node.getStart(),
        `'${node.text}' outside the command line and files named for Node: browsers load this file`,
      )
    }
  })
  return problems
}

/** @param {ts.Node} node */
function isBareError(node) {
  return (
    (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Error'
  )
}

/**
 * A comparison with the name of a backend, or a case of it.
 *
 * @param {ts.Node} node
 */
function isBranchOnBackend(node) {
  /** @param {ts.Node} operand */
  const names = (operand) => ts.isStringLiteral(operand) && BACKEND_NAMES.has(operand.text)
  if (ts.isCaseClause(node)) return names(node.expression)
  if (!ts.isBinaryExpression(node)) return false
  const comparisons = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken]
  return comparisons.includes(node.operatorToken.kind) && (names(node.left) || names(node.right))
}

/**
 * `x as T` and `<T>x`, but not `as const`, nor a widening to `unknown` on the way to a commented cast.
 *
 * @param {ts.Node} node
 */
function isCast(node) {
  if (!ts.isAsExpression(node) && !ts.isTypeAssertionExpression(node)) return false
  const { type } = node
  const isConst = ts.isTypeReferenceNode(type) && ts.isIdentifier(type.typeName) && type.typeName.text === 'const'
  return !isConst && type.kind !== ts.SyntaxKind.UnknownKeyword
}

/**
 * A comment on a line that the cast touches, or on the line above its first or its statement's first.
 *
 * @param {ts.SourceFile} source
 * @param {ts.Node} node
 */
function hasComment(source, node) {
  /** @param {number} position */
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line
  const lines = source.text.split('\n')
  const first = lineOf(node.getStart())
  const last = lineOf(node.getEnd())
  const touched = lines.slice(first, last + 1).some((line) => /\/\/|\*\//.test(line))
  const above = [first - 1, lineOf(statementOf(node).getStart()) - 1].some((line) =>
    /^\s*(\/\/|\*|\/\*)/.test(lines[line] ?? ''),
  )
  return touched || above
}

/** @param {ts.Node} node */
function statementOf(node) {
  let current = node
  while (current.parent !== undefined && !ts.isStatement(current)) current = current.parent
  return current
}

/**
 * Whether an identifier stands for a value of that name in scope, rather than naming a property or being declared.
 *
 * @param {ts.Identifier} node
 */
function isFreeName(node) {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  return ts.isExpression(parent) || ts.isShorthandPropertyAssignment(parent) || ts.isExpressionStatement(parent)
}
