/** `tilewright doctor`: what this machine has to run models with. It reports, and never fails. */
import { inspectMachine } from '../doctor/inspect-machine.js'
import { doctorText } from '../doctor/report-doctor.js'
import type { Environment, Terminal } from '../terminal.js'

export interface DoctorOptions {
  readonly json: boolean
  readonly environment: Environment
}

/** Reports on this machine; gives exit code 0. */
export async function doctor({ json, environment }: DoctorOptions, terminal: Terminal): Promise<number> {
  const machine = await inspectMachine(environment)
  terminal.result(json ? JSON.stringify(machine, undefined, 2) : doctorText(machine, terminal.colors))
  return 0
}
