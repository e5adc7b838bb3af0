import type { CommandCaller, CommandResult, Commands, JsonSchema } from '../../core/commands.ts'
import { type ErrorKind, toProxyError } from '../../core/errors.ts'
import { resultOnWire } from '../../http/command-stream.ts'
import { infoOnWire, planOnWire } from '../../http/commands.ts'

export interface RunCommandOptions {
  readonly commands: Commands
  /** On whose behalf: the operator's own id, as templates and audit rows name it. */
  readonly caller: CommandCaller
  readonly name: string
  /** `key=value`, in any order. */
  readonly assignments: readonly string[]
  readonly isDryRun: boolean
  /** One JSON document on stdout, as `POST /v1/commands/{name}` answers it, instead of the output itself. */
  readonly isJson: boolean
  /** Aborting kills the command. */
  readonly signal: AbortSignal
  readonly writeOut: (text: string) => void
  readonly writeError: (text: string) => void
}

/**
 * `lynkr run NAME key=value…`: runs a template and passes its output on.
 *
 * @returns the command's own exit code; 2 wrong use, 124 time limit, 125 no engine, 126 denied, 130 interrupted,
 *   137 output limit
 */
export async function runCommand(options: RunCommandOptions): Promise<number> {
  const { commands, caller, name, signal } = options
  try {
    const schema = commands.list(caller).find((info) => info.name === name)?.inputSchema ?? {}
    const values = readAssignments(options.assignments, schema)
    if (typeof values === 'string') return complain(options, values, 2)
    if (options.isDryRun) return await showPlan(options, values)
    const text = { stdout: '', stderr: '' }
    const result = await commands.run(caller, name, values, {
      signal,
      onOutput(output) {
        if (options.isJson) text[output.stream] += output.text
        else (output.stream === 'stdout' ? options.writeOut : options.writeError)(output.text)
      },
    })
    if (options.isJson) options.writeOut(`${JSON.stringify({ ...resultOnWire(result), ...text })}\n`)
    return exitCodeOf(result, options)
  } catch (thrown) {
    const error = toProxyError(thrown)
    const isUnknown = error.kind === 'not_found'
    const message = isUnknown ? 'there is no such command; `lynkr commands` lists those there are' : error.message
    // There is no log here that could have them.
    if (error.cause instanceof Error) options.writeError(`${error.cause.message.trimEnd()}\n`)
    return complain(options, message, EXIT_CODES[error.kind] ?? 1)
  }
}

/** `lynkr commands`: names with their parameters and descriptions, or as `GET /v1/commands` has them. @returns 0 */
export function listCommands(
  options: Pick<RunCommandOptions, 'commands' | 'caller' | 'isJson' | 'writeOut' | 'writeError'>,
): number {
  const infos = options.commands.list(options.caller)
  if (options.isJson) options.writeOut(`${JSON.stringify({ object: 'list', data: infos.map(infoOnWire) })}\n`)
  else for (const { name, description } of infos) options.writeOut(`${name.padEnd(16)}  ${description}\n`)
  if (infos.length === 0) options.writeError('There are no commands; see docs/commands.md for how to declare them.\n')
  return 0
}

const EXIT_CODES: Partial<Record<ErrorKind, number>> = {
  not_found: 2,
  sandbox_denied: 126,
  sandbox_unavailable: 125,
  client_closed: 130,
}

async function showPlan(options: RunCommandOptions, values: Readonly<Record<string, unknown>>): Promise<number> {
  const plan = await options.commands.plan(options.caller, options.name, values)
  if (options.isJson) {
    options.writeOut(`${JSON.stringify(planOnWire(plan))}\n`)
    return plan.denial === null ? 0 : 126
  }
  if (plan.denial !== null) {
    return complain(options, `${plan.denial.parameter ?? options.name}: ${plan.denial.message}`, 126)
  }
  options.writeOut(`image   ${plan.image ?? 'not pinned: run lynkr sandbox build'}\n`)
  options.writeOut(`argv    ${plan.argv.map(quote).join(' ')}\n`)
  // Without an image there is nothing that the engine could be told.
  if (plan.engineArgv.length > 0) options.writeOut(`engine  ${plan.engineArgv.map(quote).join(' ')}\n`)
  return 0
}

function exitCodeOf({ ending, exitCode }: CommandResult, options: RunCommandOptions): number {
  switch (ending) {
    case 'exited':
      return exitCode ?? 1
    case 'timeout':
      return complain(options, 'killed at its time limit', 124)
    case 'output_cap':
      return complain(options, 'killed at its output limit', 137)
    case 'cancelled':
      return complain(options, 'interrupted', 130)
  }
}

/** Values by the types of the schema: a command line knows only texts. Gives a message if one cannot be read. */
function readAssignments(
  assignments: readonly string[],
  schema: JsonSchema,
): Readonly<Record<string, unknown>> | string {
  const values = new Map<string, unknown>()
  for (const assignment of assignments) {
    const at = assignment.indexOf('=')
    if (at < 1) return `${quote(assignment)} is not key=value`
    const key = assignment.slice(0, at)
    if (values.has(key)) return `${quote(key)} is given twice`
    values.set(key, readValue(assignment.slice(at + 1), typeOf(schema, key)))
  }
  return Object.fromEntries(values)
}

function typeOf(schema: JsonSchema, key: string): unknown {
  const properties = schema.properties
  if (typeof properties !== 'object' || properties === null) return undefined
  const property: unknown = Object.getOwnPropertyDescriptor(properties, key)?.value
  return typeof property === 'object' && property !== null && 'type' in property ? property.type : undefined
}

/** What does not read as its type stays a text, for the template to refuse by name and rule. */
function readValue(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** As a POSIX shell would need it to be typed; for showing, nothing reads it back. */
function quote(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

function complain(options: RunCommandOptions, message: string, exitCode: number): number {
  options.writeError(`lynkr run ${options.name}: ${message}\n`)
  return exitCode
}
