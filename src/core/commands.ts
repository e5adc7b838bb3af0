import type { TraceContext } from './traceparent.ts'

/** A JSON Schema object, as tools and `GET /v1/commands` carry it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Who asks. `id` is the key's public id, never the key; access lists of templates and audit rows name it. */
export interface CommandCaller {
  readonly id: string
  /** What the key's own scope says of a command, besides the template's access list. Absent: everything. */
  mayUse?(command: string): boolean
  /** Where the call stands in the trace of whoever makes it. Absent: there is none. */
  readonly trace?: TraceContext
}

/** A template as its caller sees it: enough to fill in a form or to offer a tool. */
export interface CommandInfo {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonSchema
  /** The command may change its workspace. */
  readonly writes: boolean
}

/** Why something may not run. `parameter` is `null` when the refusal is about the command, not about one value. */
export interface Denial {
  readonly ok: false
  readonly parameter: string | null
  /** Short, stable name of the rule, such as `charset` or `outside_root`. */
  readonly rule: string
  /** For the person at the client. Never repeats the value. */
  readonly message: string
}

/** A piece of output, decoded and with secrets redacted, in order of arrival per stream. */
export interface CommandOutput {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

/**
 * How a run ended: by itself; killed at its time or output limit; or killed because the caller went away.
 * `exitCode` is `null` unless it exited by itself.
 */
export interface CommandResult {
  readonly runId: string
  readonly ending: 'exited' | 'timeout' | 'output_cap' | 'cancelled'
  readonly exitCode: number | null
  /** Bytes the command wrote, both streams, before redaction. */
  readonly outputBytes: number
  readonly durationMs: number
}

/** What would run: the engine's whole argv, and the verdict. Nothing was started. */
export interface CommandPlan {
  readonly command: string
  readonly verdict: 'allow' | 'deny'
  readonly denial: { readonly parameter: string | null; readonly rule: string; readonly message: string } | null
  /** The program and its arguments inside the container; empty when denied. */
  readonly argv: readonly string[]
  /** The engine's argv, exactly as it would be spawned but for the random run id; empty when denied. */
  readonly engineArgv: readonly string[]
  /** `sha256:…` or `name@sha256:…`; `null` when the image is not pinned yet. */
  readonly image: string | null
}

export interface RunOptions {
  /** Aborting kills the container; `run` then resolves with `cancelled`. */
  readonly signal: AbortSignal
  readonly onOutput: (output: CommandOutput) => void
}

/**
 * The commands a caller may use. Implemented by the sandbox room, used by HTTP, MCP and the CLI.
 *
 * `run` and `plan` throw `not_found` for a name the caller has no right to, whether it exists or not. `run` throws
 * `sandbox_denied` (with `detail.path` naming the parameter) and `sandbox_unavailable` (engine down, image not pinned,
 * queue full or too slow, audit log not writable): in all of these nothing ran.
 */
export interface Commands {
  list(caller: CommandCaller): readonly CommandInfo[]
  plan(caller: CommandCaller, name: string, values: Readonly<Record<string, unknown>>): Promise<CommandPlan>
  run(
    caller: CommandCaller,
    name: string,
    values: Readonly<Record<string, unknown>>,
    options: RunOptions,
  ): Promise<CommandResult>
}
