/** `tilewright compile`: writes what a session loads, so that the model runs without the compiler. */
import { join } from 'node:path'
import type { ProductKind } from '@tilewright/compiler'
import { compileData, compileText } from '../compile/report-compile.js'
import { checkNewFolder, type NewFile, writeFolder } from '../compile/write-folder.js'
import { compileModel, compilingText, nothingKnown, takesLong } from '../compile-model.js'
import { compiledFor } from '../compiled-for.js'
import type { CompileTarget } from '../device-names.js'
import { backendOf } from '../open-device.js'
import { checkNoHostInputs, readRequest } from '../run/run-model.js'
import type { Terminal } from '../terminal.js'

export interface CompileOptions {
  readonly device: CompileTarget
  /** The folder to write. */
  readonly out: string
  /** Values of symbolic sizes that the model is compiled for. */
  readonly fixed: Readonly<Record<string, number>>
  readonly products: ProductKind
  /** The folder of the data that the model is compiled for, where it cannot be compiled without. */
  readonly data: string | undefined
  readonly json: boolean
}

/**
 * Compiles the model in `file`, or the built-in one, into a folder with `plan.json` and `constants.bin`; gives exit code 0.
 * Rejects with the errors of the import and the compile, `compile/host-value` for a model that cannot be compiled without
 * data, and `CompileError` `file/…` for a folder that cannot be written; then there is nothing in it.
 */
export async function compile(file: string | undefined, options: CompileOptions, terminal: Terminal): Promise<number> {
  const request = readRequest(file, options.data, options.fixed)
  const { name, bytes, model, data } = request
  checkNoHostInputs(request, 'compile/host-value')
  checkNewFolder(options.out)
  const isLong = takesLong(model)
  terminal.progress(compilingText(model, options.device), isLong)
  const compilation = compileModel(model, data?.inputs ?? nothingKnown, {
    backend: backendOf(options.device),
    products: options.products,
  })
  const { graph, compiled, notes, milliseconds } = compilation
  const { plan, constants, groups } = compiled
  for (const text of notes) terminal.note(text)

  terminal.progress(`writing ${options.out} …`, isLong)
  const start = performance.now()
  const files: readonly NewFile[] = [
    { name: 'constants.bin', chunks: constants },
    { name: 'plan.json', chunks: () => textChunks(JSON.stringify(plan)) },
  ]
  const written = await writeFolder(options.out, files)
  const report = {
    model: { name, bytes, operators: graph.nodes.length },
    target: plan.target,
    ...compiledFor(request, compilation),
    groups,
    pipelines: plan.kernels.length,
    inputs: plan.inputs,
    outputs: plan.outputs,
    files: files.map((one, i) => ({ path: join(options.out, one.name), bytes: written[i] ?? 0 })),
    times: { compile: milliseconds, write: performance.now() - start },
  }
  terminal.result(
    options.json ? JSON.stringify(compileData(report), undefined, 2) : compileText(report, terminal.colors),
  )
  return 0
}

async function* textChunks(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text)
}
