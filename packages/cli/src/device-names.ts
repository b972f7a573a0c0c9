/** What `--device` takes. Apart from the backends, so that the options of the command line need none of them. */

export const deviceChoices = ['auto', 'webgpu', 'cpu', 'cuda', 'cuda-emulated'] as const
export type DeviceChoice = (typeof deviceChoices)[number]

/** What `--device` takes where none is opened: the plan runs on all devices of its kind. */
export const compileTargets = ['webgpu', 'cpu', 'cuda'] as const
export type CompileTarget = (typeof compileTargets)[number]

/** A device as `--device` calls it: `auto` is one of the others. */
export type DeviceName = Exclude<DeviceChoice, 'auto'>
