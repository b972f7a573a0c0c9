// What every package builds: ES modules for Node 20.19 and browsers alike, one file an entry, shared code in chunks. tsup
// writes JavaScript only; `tsc -p tsconfig.build.json` writes the declarations beside it.
import { defineConfig } from 'tsup'

/**
 * The tsup configuration of a package whose entry points are `entries` (paths under `src/`). What is imported of the
 * packages `included`, which have sources only, becomes part of it.
 */
export function libraryConfig(
  entries: readonly string[],
  included: readonly string[] = [],
): ReturnType<typeof defineConfig> {
  return defineConfig({
    // Named after the path under src, so that `src/webgpu/node.ts` becomes `dist/webgpu/node.js` beside its declarations.
    entry: Object.fromEntries(entries.map((path) => [path.replace(/^src\//, '').replace(/\.ts$/, ''), path])),
    format: ['esm'],
    target: 'es2023',
    platform: 'neutral',
    // Node's modules and optional peers stay imports; what is listed as a dependency does too (tsup's default).
    external: [/^node:/, 'webgpu'],
    noExternal: [...included],
    esbuildOptions: (options) => {
      if (included.length > 0) options.conditions = ['@tilewright/source']
    },
    splitting: true,
    sourcemap: true,
    // Everything but the declarations, which tsc may be writing at the same time.
    clean: ['!**/*.d.ts', '!**/*.d.ts.map'],
    dts: false,
    silent: true,
  })
}
