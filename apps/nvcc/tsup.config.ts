import { libraryConfig } from '../../tsup.base.js'

export default libraryConfig(['src/main.ts'], ['@tilewright/testing'])
