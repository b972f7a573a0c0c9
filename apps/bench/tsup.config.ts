import { libraryConfig } from '../../tsup.base.js'

export default libraryConfig(['src/main.ts', 'src/contestants/process.ts', 'src/cuda/process.ts'])
