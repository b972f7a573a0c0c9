/** The error of this folder, which does without the compiler: the same fields as the errors of the compiler. */
export class PlanError extends Error {
  readonly code: string
  readonly where: string | undefined
  readonly help: string | undefined

  constructor(code: string, message: string, help?: string, where?: string) {
    super(message)
    this.name = 'PlanError'
    this.code = code
    this.help = help
    this.where = where
  }
}
