// pnpm check:layers: import layers, cycles between packages and between files, and manifests that say what is imported.
import { checkLayers } from './layers.mjs'
import { readPackages, report } from './sources.mjs'

report('layers and cycles', checkLayers(readPackages()))
