/** Where the cases are: every folder, at or under those named, that holds a model and data sets. */
import { realpathSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { kindAt, readFolder } from '../files.js'

export interface Case {
  /** The path from the folder that was named, which it begins with. */
  readonly name: string
  readonly folder: string
  /** The names of the data sets' folders, in the order of their numbers. */
  readonly dataSets: readonly string[]
}

const dataSetName = /^test_data_set_(\d+)$/

/**
 * The cases at or under some folders, each once, sorted by path. Links are followed, each folder is visited once.
 * Throws `CompileError` `file/…` for a folder that is not there, `check/file` for a file, and `check/no-case` when no case is found.
 */
export function findCases(roots: readonly string[]): readonly Case[] {
  const cases: Case[] = []
  const seen = new Set<string>()
  for (const root of roots) {
    refuseFile(root)
    const top = resolve(root)
    const visit = (folder: string): void => {
      const names = readFolder(folder, 'the folder')
      const real = realpathSync(folder)
      if (seen.has(real)) return
      seen.add(real)
      const folders = names.filter((name) => kindAt(join(folder, name)) === 'folder')
      const dataSets = folders.filter((name) => dataSetName.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b))
      if (dataSets.length > 0 && names.includes('model.onnx')) {
        cases.push({ name: join(basename(top), relative(top, folder)), folder: resolve(folder), dataSets })
      }
      for (const name of folders) if (!dataSetName.test(name)) visit(join(folder, name))
    }
    visit(root)
  }
  if (cases.length > 0) return cases
  throw new CompileError({
    code: 'check/no-case',
    message: 'no case was found',
    where: roots.join(', '),
    help: 'a case is a folder with model.onnx and test_data_set_0/input_0.pb, output_0.pb',
  })
}

/** Throws `check/file` for a file: what is beside it may be the case that was meant. */
function refuseFile(root: string): void {
  if (kindAt(root) !== 'file') return
  const folder = dirname(root)
  const isOfCase = basename(root) === 'model.onnx' && kindAt(join(folder, 'test_data_set_0')) === 'folder'
  throw new CompileError({
    code: 'check/file',
    message: 'this is a file; check takes folders of cases',
    where: root,
    help: isOfCase
      ? `name the folder that it is in: ${folder}`
      : 'name a folder with model.onnx and test_data_set_0/input_0.pb, output_0.pb; `tilewright run MODEL` needs no data',
  })
}

function numberOf(name: string): number {
  return Number(dataSetName.exec(name)?.[1])
}
