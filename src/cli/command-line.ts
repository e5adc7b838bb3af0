import { readEnvironment } from '../config/environment.ts'
import { systemClock, systemScheduler } from '../core/clock.ts'
import type { CommandCaller } from '../core/commands.ts'
import { auditExport, auditVerify } from './commands/audit.ts'
import { listCommands, runCommand } from './commands/run.ts'
import { sandboxBuild, sandboxDoctor } from './commands/sandbox.ts'
import { configuredSandbox } from './configured-sandbox.ts'
import { onShutdownSignal } from './shutdown.ts'
import { trySettings } from './try-settings.ts'

/** Whoever sits at the machine, as access lists of templates and audit rows name them. */
const CLI_CALLER: CommandCaller = { id: 'cli' }

const OUT = {
  writeOut: (text: string): void => void process.stdout.write(text),
  writeError: (text: string): void => void process.stderr.write(text),
}

/** Everything there is to say before a command can start is said, with exit code 2. */
function open() {
  const environment = readEnvironment()
  const settings = trySettings(environment)
  return settings && configuredSandbox({ settings, environment })
}

/** Ctrl-C kills the command; a second one ends lynkr at once. */
function interrupted(): AbortSignal {
  const abort = new AbortController()
  void onShutdownSignal().then(() => abort.abort())
  return abort.signal
}

/** `lynkr run NAME key=value…`; see `runCommand` for the exit codes. */
export async function run(
  name: string,
  assignments: readonly string[],
  options: { readonly dryRun: boolean; readonly json: boolean },
): Promise<number> {
  const sandbox = open()
  if (sandbox === null) return 2
  return await runCommand({
    commands: sandbox.commands,
    caller: CLI_CALLER,
    name,
    assignments,
    isDryRun: options.dryRun,
    isJson: options.json,
    signal: interrupted(),
    ...OUT,
  })
}

/** `lynkr commands`: what this caller may run. */
export function commands(options: { readonly json: boolean }): number {
  const sandbox = open()
  if (sandbox === null) return 2
  return listCommands({ commands: sandbox.commands, caller: CLI_CALLER, isJson: options.json, ...OUT })
}

/** `lynkr sandbox build`. */
export async function build(options: {
  readonly busybox?: string
  readonly name?: string
  readonly packages?: readonly string[]
}): Promise<number> {
  const sandbox = open()
  return sandbox === null ? 2 : await sandboxBuild({ ...sandbox, ...options, ...OUT })
}

/** `lynkr sandbox doctor`. */
export async function doctor(options: { readonly json: boolean }): Promise<number> {
  const sandbox = open()
  if (sandbox === null) return 2
  const signal = interrupted()
  const time = { clock: systemClock, scheduler: systemScheduler }
  return await sandboxDoctor({ ...sandbox, ...time, signal, isJson: options.json, ...OUT })
}

/** `lynkr audit verify`. */
export async function verify(options: { readonly expect?: string; readonly json: boolean }): Promise<number> {
  const sandbox = open()
  if (sandbox === null) return 2
  const { expect: expectedHash, json: isJson } = options
  const expected = expectedHash === undefined ? {} : { expectedHash }
  return await auditVerify({ path: sandbox.auditPath, ...expected, isJson, ...OUT })
}

/** `lynkr audit export`. */
export async function exportRows(options: { readonly format: 'jsonl' | 'csv' }): Promise<number> {
  const sandbox = open()
  return sandbox === null ? 2 : await auditExport({ path: sandbox.auditPath, format: options.format, ...OUT })
}
