/** Where CUDA toolkits are. */

export interface ToolkitFolders {
  /** Those that the environment names. */
  readonly given: readonly string[]
  /** Where they are installed when nobody says otherwise. */
  readonly usual: readonly string[]
}

export function toolkitFolders(): ToolkitFolders {
  // Installers on Windows set CUDA_PATH, and by habit it is called CUDA_HOME elsewhere.
  const named = [process.env.CUDA_HOME, process.env.CUDA_PATH]
  return {
    given: named.filter((folder): folder is string => folder !== undefined && folder !== ''),
    usual: process.platform === 'win32' ? [] : ['/usr/local/cuda'],
  }
}
