import { libraryConfig } from '../../tsup.base.js'

export default libraryConfig(['src/index.ts', 'src/webgpu/node.ts', 'src/webgpu/browser.ts'])
