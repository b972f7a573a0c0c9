import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { findNvrtc } from './node-find-nvrtc.js'
import { openNvrtc } from './node-nvrtc.js'

// A library that answers as NVRTC does. Its images are its options and its source.
const fake = String.raw`
#include <dlfcn.h>
#include <unistd.h>
#include <atomic>
#include <cstring>
#include <string>
// A parser goes as deep as its source nests.
__attribute__((noinline)) static int parse(const char* s) {
  volatile char frame[4096];
  frame[0] = *s;
  return *s == '(' ? 1 + parse(s + 1) + frame[0] - '(' : 0;
}
struct Program { std::string source, log, image; };
static std::atomic<int> programs{0}, running{0}, most{0};
extern "C" {
int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 7; return 0; }
const char* nvrtcGetErrorString(int status) { return status == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR_INVALID_INPUT"; }
int nvrtcCreateProgram(Program** p, const char* source, const char* name, int, const char**, const char**) {
  if (strcmp(name, "kernel.cu") != 0) return 3;
  programs++;
  *p = new Program{source, "", ""};
  return 0;
}
int nvrtcDestroyProgram(Program** p) { programs--; delete *p; *p = nullptr; return 0; }
int nvrtcCompileProgram(Program* p, int n, const char** options) {
  int now = ++running, before = most;
  while (now > before && !most.compare_exchange_weak(before, now)) {}
  if (p->source.find("slow") != std::string::npos) usleep(100000);
  running--;
  if (p->source.find("silent") != std::string::npos) return 6;
  if (p->source.find("wrong") != std::string::npos) {
    p->log = "kernel.cu(1): warning: unused\nkernel.cu(2): error: identifier \"wrong\" is undefined\n";
    return 6;
  }
  if (p->source.find("nothing") != std::string::npos) return 0;
  for (int i = 0; i < n; i++) p->image += std::string(options[i]) + "\n";
  if (p->source[0] == '(') p->image += std::to_string(parse(p->source.c_str())) + "\n";
  if (dlsym(RTLD_DEFAULT, "fake_builtins") != nullptr) p->image += "builtins\n";
  p->image += p->source;
  return 0;
}
int nvrtcGetProgramLogSize(Program* p, size_t* n) { *n = p->log.size() + 1; return 0; }
int nvrtcGetProgramLog(Program* p, char* log) { memcpy(log, p->log.c_str(), p->log.size() + 1); return 0; }
int nvrtcGetCUBINSize(Program* p, size_t* n) { *n = p->image.size(); return 0; }
int nvrtcGetCUBIN(Program* p, char* image) { memcpy(image, p->image.data(), p->image.size()); return 0; }
int fake_programs() { return programs; }
int fake_most() { return most; }
}
`

const folder = mkdtempSync(join(tmpdir(), 'tilewright-nvrtc-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

function build(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  execFileSync('g++', ['-std=c++17', '-shared', '-fPIC', '-pthread', '-x', 'c++', '-', '-o', path], { input: text })
}

const home = join(folder, 'toolkit')
const library = join(home, 'lib64/libnvrtc.so.13')
build(library, fake)
build(join(home, 'lib64/libnvrtc-builtins.so.13.7'), 'extern "C" { int fake_builtins = 1; }')
mkdirSync(join(home, 'include'))
writeFileSync(join(home, 'include/cuda_fp16.h'), '')

async function open(): Promise<NonNullable<Awaited<ReturnType<typeof openNvrtc>>>> {
  vi.stubEnv('CUDA_HOME', home)
  const nvrtc = await openNvrtc(await findNvrtc(13000))
  if (nvrtc === undefined) throw new TypeError('the fake is not found')
  return nvrtc
}

async function asked(name: 'programs' | 'most'): Promise<number> {
  const { default: koffi } = await import('koffi')
  return Number(koffi.load(library).func(`int fake_${name}()`)())
}

test('the library of CUDA_HOME is called with its headers, behind its builtins', async () => {
  const nvrtc = await open()
  expect(nvrtc.name).toBe(`nvrtc 13.7 --std=c++17 -I${home}/include`)
  const image = await nvrtc.compile('source é', 'sm_90a')
  expect(image.constructor).toBe(Uint8Array)
  expect(new TextDecoder().decode(image)).toBe(
    `--gpu-architecture=sm_90a\n--std=c++17\n-I${home}/include\nbuiltins\nsource é`,
  )
  expect(await asked('programs')).toBe(0)
})

test('errors of the source are its log, with the line of the first; programs are given back', async () => {
  const nvrtc = await open()
  const wrong = nvrtc.compile('void k() {\n  wrong = 1;\n}', 'sm_80')
  await expect(wrong).rejects.toThrow(CompileError)
  await expect(wrong).rejects.toMatchObject({
    code: 'device/pipeline',
    message: expect.stringMatching(/^NVRTC does not compile it: .*"wrong" is undefined$/s),
    where: 'kernel.cu:2: wrong = 1;',
  })
  await expect(nvrtc.compile('silent', 'sm_80')).rejects.toMatchObject({
    code: 'device/pipeline',
    message: 'NVRTC does not compile it: NVRTC_ERROR_COMPILATION',
  })
  expect(await asked('programs')).toBe(0)
})

test('sources may nest deeply: there is a stack for it', async () => {
  const image = await (await open()).compile('('.repeat(2000), 'sm_80')
  expect(new TextDecoder().decode(image)).toContain('\n2000\n')
})

test('no image is an error', async () => {
  await expect((await open()).compile('nothing', 'compute_80')).rejects.toMatchObject({
    code: 'device/pipeline',
    message: 'NVRTC does not compile it: it has no image for compute_80',
  })
})

test('compiling leaves the event loop alone, and a thread of its pool', async () => {
  const nvrtc = await open()
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  await Promise.all(Array.from({ length: 6 }, (_, i) => nvrtc.compile(`slow ${i}`, 'sm_80')))
  clearInterval(timer)
  expect(ticks).toBeGreaterThan(5)
  expect(await asked('most')).toBe(Math.min(3, availableParallelism()))
})

test('it is found among the packages of a Python, with headers of another package', async () => {
  const packages = join(folder, 'venv/lib/python3.12/site-packages/nvidia')
  for (const part of ['cuda_nvrtc/lib', 'cuda_runtime/include']) mkdirSync(join(packages, part), { recursive: true })
  for (const name of ['libnvrtc.so.12', 'libnvrtc.so.11.2', 'libnvrtc-builtins.so.12.8', 'libnvrtc-builtins.so.11.8'])
    writeFileSync(join(packages, 'cuda_nvrtc/lib', name), '')
  writeFileSync(join(packages, 'cuda_runtime/include/cuda_fp16.h'), '')
  vi.stubEnv('VIRTUAL_ENV', join(folder, 'venv'))
  const found = (await findNvrtc(13000)).filter(({ path }) => path.startsWith(packages))
  const headers = join(packages, 'cuda_runtime/include')
  const part = join(packages, 'cuda_nvrtc/lib')
  expect(found).toEqual([
    { path: join(part, 'libnvrtc.so.12'), builtins: [join(part, 'libnvrtc-builtins.so.12.8')], headers, major: 12 },
    { path: join(part, 'libnvrtc.so.11.2'), builtins: [join(part, 'libnvrtc-builtins.so.11.8')], headers, major: 11 },
  ])
  // A driver of CUDA 11 comes first to what it knows, although the other is newer.
  const old = (await findNvrtc(11080)).filter(({ path }) => path.startsWith(packages))
  expect(old.map(({ major }) => major)).toEqual([11, 12])
})

test('a toolkit without headers takes those of a Python', async () => {
  const toolkit = join(folder, 'bare')
  mkdirSync(join(toolkit, 'lib64'), { recursive: true })
  writeFileSync(join(toolkit, 'lib64/libnvrtc.so.13'), '')
  const headers = join(folder, 'other/lib/python3.12/site-packages/nvidia/cuda_runtime/include')
  mkdirSync(headers, { recursive: true })
  writeFileSync(join(headers, 'cuda_fp16.h'), '')
  vi.stubEnv('CUDA_HOME', toolkit)
  vi.stubEnv('VIRTUAL_ENV', join(folder, 'other'))
  const [found] = (await findNvrtc(13000)).filter(({ path }) => path.startsWith(toolkit))
  // Those of an installed toolkit come before them.
  expect(found?.headers).toMatch(/\/include$/)
  if (!existsSync('/usr/local/cuda/include/cuda_fp16.h')) expect(found?.headers).toBe(headers)
})

test('what does not load is passed over, and nothing is left when none does', async () => {
  const broken = { path: join(folder, 'broken.so'), builtins: [join(folder, 'none.so')], headers: undefined, major: 13 }
  writeFileSync(broken.path, 'no library')
  const partial = { path: join(folder, 'partial.so'), builtins: [], headers: undefined, major: 13 }
  build(partial.path, 'extern "C" int nvrtcVersion(int*, int*) { return 0; }')
  expect(await openNvrtc([broken, partial])).toBeUndefined()
  const whole = await openNvrtc([broken, partial, { ...partial, path: library }])
  expect(whole?.name).toBe('nvrtc 13.7 --std=c++17')
})

test('NVRTC itself gives ELF images', async ({ skip }) => {
  const nvrtc = await openNvrtc(await findNvrtc(13000))
  skip(nvrtc === undefined, 'NVRTC is not installed (pip install nvidia-cuda-nvrtc)')
  const goldens = join(import.meta.dirname, '../../goldens')
  for (const name of readdirSync(goldens).filter((file) => file.endsWith('.cu'))) {
    for (const architecture of ['sm_80', 'sm_90a']) {
      const image = await nvrtc?.compile(readFileSync(join(goldens, name), 'utf8'), architecture)
      expect(new TextDecoder('latin1').decode(image?.subarray(0, 4)), `${name} for ${architecture}`).toBe('\x7fELF')
    }
  }
  const wrong = nvrtc?.compile('__global__ void k(int* a) {\n  a[0] = b;\n}\n', 'sm_80')
  await expect(wrong).rejects.toMatchObject({
    code: 'device/pipeline',
    message: expect.stringContaining('"b" is undefined'),
    where: 'kernel.cu:2: a[0] = b;',
  })
})
