/**
 * Lowered kernels as JavaScript. A workgroup has one thread and no workgroup memory here, so a launch is three loops
 * around the body.
 */
import { bufferParam, createScalarBlock, type EmittedKernel, requireLowered } from '@tilewright/backend'
import {
  type Buffer,
  buffersRead,
  buffersWritten,
  CompileError,
  computeType,
  defined,
  type Kernel,
  type Stmt,
  UnsupportedError,
  type Var,
  walkStmts,
} from '@tilewright/ir'
import { type JsNames, jsExpr, jsPrelude } from './js-expr.js'
import { arrayNames, elementBytes, keptText, loadText, storedText } from './memory.js'

/**
 * Prints a kernel that has been through this backend's pipeline. Throws `CompileError` `ir/not-lowered` for one that has not,
 * `cpu/threads` for several threads, and `UnsupportedError` for other parallel constructs.
 */
export function emitJs(kernel: Kernel): EmittedKernel {
  requireLowered(kernel, ['no-for-task', 'flat-indices'], 'cpu().pipeline(target)')
  if (kernel.threads !== 1) {
    throw new CompileError({
      code: 'cpu/threads',
      message: `kernel ${kernel.name} wants ${kernel.threads} threads a workgroup; the cpu has one`,
      help: 'build it with threads: 1 and as many workgroups, or run it on the simulator: runKernel',
    })
  }
  const scalars = createScalarBlock()
  const used = usedParams(kernel)
  const buffers = kernel.params.filter((param) => used.has(param))
  const locals = new Map<Buffer, string>()
  const vars = new Map<Var, string>()
  const lines: string[] = []
  const hoisted: string[] = []

  // A number makes it unique, and no word of the language.
  const identifier = (hint: string, number: string): string =>
    `${hint.replace(/\W/g, '_').replace(/^(?=\d)/, '_')}_${number}`
  const variable = (v: Var): string => {
    const known = vars.get(v)
    if (known !== undefined) return known
    const made = identifier(v.hint, String(vars.size))
    vars.set(v, made)
    return made
  }
  const bufferName = (buffer: Buffer): string =>
    buffer.scope === 'storage' ? `b${buffers.indexOf(buffer)}` : defined(locals.get(buffer), 'declared before use')
  const element = (buffer: Buffer, index: readonly string[]): string =>
    index.length === 0 ? bufferName(buffer) : `${bufferName(buffer)}[${index[0]}]`
  const names: JsNames = {
    variable,
    size: (expr) => `s${scalars.size(expr.size)}`,
    builtin: (expr) => {
      if (expr.name === 'thread') return '0'
      if (expr.name.startsWith('workgroup-')) return `w${expr.name.at(-1)}`
      throw new UnsupportedError({ code: 'cpu/subgroup', message: `the cpu has no ${expr.name}` })
    },
    load: (expr, index) =>
      index.length === 0 ? bufferName(expr.buffer) : loadText(expr.buffer.dtype, element(expr.buffer, index)),
  }

  const print = (stmt: Stmt, indent: string): void => {
    const line = (text: string): number => lines.push(indent + text)
    const inner = `${indent}  `
    switch (stmt.kind) {
      case 'seq':
        for (const child of stmt.body) print(child, indent)
        return
      case 'let':
        line(`const ${variable(stmt.var)} = ${jsExpr(stmt.value, names)}`)
        return
      case 'declare': {
        const name = identifier(stmt.buffer.hint, `p${locals.size}`)
        locals.set(stmt.buffer, name)
        const [extent] = stmt.buffer.shape
        if (extent === undefined)
          hoisted.push(`let ${name} = ${computeType(stmt.buffer.dtype) === 'bool' ? 'false' : '0'}`)
        else hoisted.push(`const ${name} = new ${arrayNames[stmt.buffer.dtype]}(${extent})`)
        return
      }
      case 'store': {
        const value = jsExpr(stmt.value, names)
        const index = stmt.index.map((expr) => jsExpr(expr, names))
        const { dtype } = stmt.buffer
        line(`${element(stmt.buffer, index)} = ${(index.length === 0 ? keptText : storedText)(dtype, value)}`)
        return
      }
      case 'for': {
        const i = variable(stmt.loopVar)
        line(`for (let ${i} = 0, n_${i} = ${jsExpr(stmt.extent, names)}; ${i} < n_${i}; ${i}++) {`)
        print(stmt.body, inner)
        line('}')
        return
      }
      case 'if':
        line(`if (${jsExpr(stmt.cond, names)}) {`)
        print(stmt.then, inner)
        if (stmt.else !== undefined) {
          line('} else {')
          print(stmt.else, inner)
        }
        line('}')
        return
      case 'atomic': {
        const target = element(
          stmt.buffer,
          stmt.index.map((expr) => jsExpr(expr, names)),
        )
        const value = jsExpr(stmt.value, names)
        if (stmt.previous !== undefined) line(`const ${variable(stmt.previous)} = ${target}`)
        line(stmt.op === 'add' ? `${target} += ${value}` : `${target} = Math.${stmt.op}(${target}, ${value})`)
        return
      }
      case 'barrier':
        // One thread waits for nobody.
        return
      default:
        throw new UnsupportedError({ code: 'cpu/statement', message: `the cpu does not run ${stmt.kind}` })
    }
  }
  print(kernel.body, '      ')

  const source = [
    '(memory, scalars, nx, ny, nz) => {',
    ...buffers.map(({ dtype }, i) => {
      const bytes = `memory[${i}]`
      const elements = `${bytes}.byteLength / ${elementBytes[dtype]}`
      return `  const b${i} = new ${arrayNames[dtype]}(${bytes}.buffer, ${bytes}.byteOffset, ${elements})`
    }),
    `  const [${scalars
      .all()
      .map((_, i) => `s${i}`)
      .join(', ')}] = scalars`,
    ...jsPrelude(lines),
    ...hoisted.map((text) => `  ${text}`),
    '  for (let wz = 0; wz < nz; wz++) for (let wy = 0; wy < ny; wy++) for (let wx = 0; wx < nx; wx++) {',
    ...lines,
    '  }',
    '}',
  ].join('\n')
  return {
    pipeline: {
      source,
      entry: 'main',
      threads: 1,
      workgroupBytes: 0,
      buffers: buffers.map((buffer) => bufferParam(buffer, { written: used.get(buffer) === 'read-write', lanes: 1 })),
      scalars: scalars.all().length,
    },
    buffers,
    scalars: scalars.all(),
    workgroups: kernel.workgroups,
  }
}

/** The storage buffers a kernel uses, and how. */
function usedParams(kernel: Kernel): ReadonlyMap<Buffer, 'read' | 'read-write'> {
  const used = new Map<Buffer, 'read' | 'read-write'>()
  walkStmts(kernel.body, (stmt) => {
    for (const buffer of buffersRead(stmt)) if (!used.has(buffer)) used.set(buffer, 'read')
    for (const buffer of buffersWritten(stmt)) used.set(buffer, 'read-write')
  })
  return used
}
