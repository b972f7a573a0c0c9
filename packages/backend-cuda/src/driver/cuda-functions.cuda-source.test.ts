// What is called, against what NVIDIA's header declares: a driver without a GPU would share a mistake made here.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { callGnuCompiler } from '../emulated/node-gnu-compiler.js'
import { cudaPrototypes } from './cuda-functions.js'
import { toolkitFolders } from './node-toolkit.js'

const { given, usual } = toolkitFolders()
const headers = [...given, ...usual]
  .map((folder) => join(folder, 'include'))
  .find((folder) => existsSync(join(folder, 'cuda.h')))

const folder = mkdtempSync(join(tmpdir(), 'tilewright-cuda-header-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Passes where a call by `Ours` passes what a function of type `Theirs` takes: as many arguments, each of the same kind and size. */
const check = `#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <cuda.h>
using uint = unsigned;

// Handles are pointers, or addresses, of 64 bits; enumerations are integers. What a pointer points to has the size that is meant.
template <typename Ours, typename Theirs>
constexpr bool passes() {
  if constexpr (!std::is_pointer_v<Ours>) return sizeof(Ours) == sizeof(Theirs) && std::is_scalar_v<Theirs>;
  else if constexpr (!std::is_pointer_v<Theirs>) return false;
  else if constexpr (std::is_void_v<std::remove_pointer_t<Ours>>) return true;
  else return sizeof(std::remove_pointer_t<Ours>) == sizeof(std::remove_pointer_t<Theirs>);
}
template <typename Ours, typename Theirs>
struct Fits : std::false_type {};
template <typename... Ours, typename... Theirs>
  requires(sizeof...(Ours) == sizeof...(Theirs))
struct Fits<int(Ours...), CUresult(Theirs...)> : std::bool_constant<(passes<Ours, Theirs>() && ...)> {};
`

/** What g++ says to prototypes of koffi's: nothing, where each fits its function in the header. */
async function complaints(prototypes: readonly string[]): Promise<string> {
  const assertions = prototypes.map((prototype) => {
    const [, symbol, parameters] = /^int (\w+)\((.*)\)$/.exec(prototype) ?? []
    return `static_assert(Fits<int(${parameters?.replaceAll('_Out_ ', '')}), decltype(${symbol})>::value, "${symbol}");`
  })
  const path = join(folder, 'check.cpp')
  writeFileSync(path, `${check}${assertions.join('\n')}\n`)
  try {
    await callGnuCompiler(['-std=c++20', '-fsyntax-only', `-I${headers}`, path])
    return ''
  } catch (error) {
    return String(error)
  }
}

test.skipIf(headers === undefined)('functions take what cuda.h says', { timeout: 60_000 }, async () => {
  expect(await complaints(Object.values(cudaPrototypes))).toBe('')
  const { cuInit, cuDeviceGet, cuEventQuery, cuStreamCreate, cuTensorMapEncodeTiled } = cudaPrototypes
  const wrong = [
    cuInit.replace('uint flags', 'uint64_t flags'),
    cuDeviceGet.replace('_Out_ int *', '_Out_ uint64_t *'),
    cuEventQuery.replace('uint64_t event', 'uint64_t event, uint flags'),
    cuStreamCreate.replace('_Out_ uint64_t *stream', 'int stream'),
    cuTensorMapEncodeTiled.replace('const uint32_t *box', 'const uint64_t *box'),
  ]
  for (const prototype of wrong) expect(await complaints([prototype])).toContain('static assertion failed')
})
