import { libraryConfig } from '../../tsup.base.js'

export default libraryConfig(['src/index.ts', 'src/driver/node.ts', 'src/emulated/node-open-emulated.ts'])
