import { availableParallelism } from 'node:os'
import type { Clock, Scheduler } from '../core/clock.ts'
import type { CommandCaller, CommandOutput, CommandPlan, CommandResult, Commands, Denial } from '../core/commands.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { secureBytes } from '../core/random.ts'
import { redactText } from '../core/secret.ts'
import type { TraceContext } from '../core/traceparent.ts'
import { type BoundCommand, bindCommand } from '../policy/bind-command.ts'
import type { CommandTemplate } from '../policy/command-template.ts'
import type { ProtectedPaths } from '../policy/workspace-root.ts'
import type { AuditFacts } from './audit-chain.ts'
import type { AuditLog } from './audit-log.ts'
import { containerName, dockerRunArgv } from './docker-argv.ts'
import type { Engine } from './engine.ts'
import type { Images, PinnedImage } from './images.ts'
import type { LostContainers } from './lost-containers.ts'
import type { Owner } from './owner.ts'
import type { PathGuard } from './path-guard.ts'
import { runContainer } from './run-container.ts'
import type { RunQueue } from './run-queue.ts'
import { checkWorkspace } from './workspace.ts'

/** Told of each call: `started` once its container may start, then `settled` once; of a refused one, `settled` alone. */
export interface RunObserver {
  started(): void
  settled(facts: SettledRun): void
}

export interface SettledRun {
  readonly runId: string
  readonly caller: string
  readonly trace: TraceContext | null
  readonly command: string
  readonly ending: CommandResult['ending'] | 'denied' | 'unavailable'
  readonly hasStarted: boolean
  /** Rule or error kind; `null` where the run took place. */
  readonly reason: string | null
  /** What the engine or the system said, for the log alone: it may name paths of the host. */
  readonly words: string | null
  readonly exitCode: number | null
  readonly outputBytes: number
  readonly durationMs: number
}

export interface CommandsOptions {
  /** The templates in force; asked on every call, so that a reload takes effect at once. */
  readonly templates: () => ReadonlyMap<string, CommandTemplate>
  readonly engine: Engine
  readonly images: Images
  readonly guard: PathGuard
  readonly audit: AuditLog
  readonly queue: RunQueue
  readonly lost: LostContainers
  /** Asked once there is something to run. */
  readonly owner: () => Owner
  readonly protectedPaths: ProtectedPaths
  /** Values that must never appear in output: lynkr's keys and its providers'. */
  readonly secrets: () => readonly string[]
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly observer?: RunObserver
}

/** The sandbox as the rest of lynkr sees it. */
export function createCommands(options: CommandsOptions): Commands {
  return {
    list(caller) {
      return [...options.templates().values()]
        .filter((template) => isOpenTo(template, caller))
        .map(({ name, description, inputSchema, workspace }) => {
          return { name, description, inputSchema, writes: workspace?.mode === 'write' }
        })
    },

    async plan(caller, name, values) {
      const template = find(options, caller, name)
      const checked = check(options, template, values)
      if (!checked.ok) return denied(name, checked)
      const image = options.images.referenceOf(template.image)
      if (image === null) {
        return { command: name, verdict: 'allow', denial: null, argv: checked.argv, engineArgv: [], image }
      }
      const plan = planOf(options, template, checked, await options.images.resolve(template.image), RUN_ID_SHOWN)
      const engineArgv = [options.engine.client, ...dockerRunArgv(plan)]
      return { command: name, verdict: 'allow', denial: null, argv: checked.argv, engineArgv, image }
    },

    async run(caller, name, values, { signal, onOutput }) {
      const template = find(options, caller, name)
      const facts = factsOf(caller, template, newRunId())
      const call: Call = { template, facts, trace: caller.trace ?? null, signal, onOutput, startedMs: null }
      const askedMs = options.clock.nowMs()
      try {
        const result = await runChecked(options, call, values)
        settle(options, call, { ...result, reason: null, words: null })
        return result
      } catch (thrown) {
        const { kind, detail, cause } = toProxyError(thrown)
        const ending = kind === 'sandbox_denied' ? 'denied' : kind === 'client_closed' ? 'cancelled' : 'unavailable'
        const reason = String(detail.facts?.rule ?? kind)
        const durationMs = options.clock.nowMs() - (call.startedMs ?? askedMs)
        const words = cause instanceof Error ? redactText(cause.message).slice(0, WORDS_CHARS_MAX) : null
        settle(options, call, { ending, reason, words, exitCode: null, outputBytes: 0, durationMs })
        throw thrown
      }
    },
  }
}

/** Characters of an engine's own message that go into the log. */
const WORDS_CHARS_MAX = 2_000

/** One call of a command on its way. */
interface Call {
  readonly template: CommandTemplate
  readonly facts: AuditFacts
  readonly trace: TraceContext | null
  readonly signal: AbortSignal
  readonly onOutput: (output: CommandOutput) => void
  /** Since when its container may run; `null` before. */
  startedMs: number | null
}

/** The image of a run and its place in the queue. A run that gets none is recorded as any other refusal. */
async function admit(options: CommandsOptions, { template, facts, signal }: Call, argv: readonly string[]) {
  try {
    const image = await options.images.resolve(template.image)
    return { image, leave: await options.queue.enter(facts.caller, signal) }
  } catch (error) {
    options.audit.append({ ...facts, argv, event: 'denied', reason: toProxyError(error).kind })
    throw error
  }
}

async function runChecked(
  options: CommandsOptions,
  call: Call,
  values: Readonly<Record<string, unknown>>,
): Promise<CommandResult> {
  const { template, facts, signal, onOutput } = call
  const checked = check(options, template, values)
  if (!checked.ok) {
    options.audit.append({
      ...facts,
      event: 'denied',
      reason: `${checked.parameter ?? template.name}: ${checked.rule}`,
    })
    throw refusal(template.name, checked)
  }
  const { image, leave } = await admit(options, call, checked.argv)
  const run = { ...facts, argv: checked.argv, image: image.reference }
  try {
    options.audit.append({ ...run, event: 'started' })
    call.startedMs = options.clock.nowMs()
    options.observer?.started()
    const plan = planOf(options, template, checked, image, facts.runId)
    const result = await runContainer(plan, { ...options, secrets: options.secrets(), signal, onOutput })
    const { ending, exitCode, outputBytes } = result
    const durationMs = Math.round(result.durationMs)
    options.audit.append({ ...run, event: 'finished', ending, exitCode, outputBytes, durationMs })
    return result
  } catch (error) {
    const { kind } = toProxyError(error)
    if (kind === 'sandbox_unavailable' && call.startedMs !== null) options.lost.add(containerName(facts.runId))
    options.audit.append({ ...run, event: 'failed', reason: kind })
    throw error
  } finally {
    leave()
  }
}

function settle(
  { observer }: CommandsOptions,
  { facts, trace, startedMs }: Call,
  end: Pick<SettledRun, 'ending' | 'reason' | 'words' | 'exitCode' | 'outputBytes' | 'durationMs'>,
): void {
  const { runId, caller, command } = facts
  observer?.settled({ ...end, runId, caller, trace, command, hasStarted: startedMs !== null })
}

/** Stands in a dry run where a run has its random id. */
const RUN_ID_SHOWN = '0'.repeat(16)

function newRunId(): string {
  return secureBytes(8).toHex()
}

function find(options: CommandsOptions, caller: CommandCaller, name: string): CommandTemplate {
  const template = options.templates().get(name)
  if (template !== undefined && isOpenTo(template, caller)) return template
  throw new ProxyError('not_found', 'there is no such command for this key; GET /v1/commands lists those there are')
}

function isOpenTo({ name, mayCall }: CommandTemplate, caller: CommandCaller): boolean {
  return mayCall(caller.id).ok && (caller.mayUse?.(name) ?? true)
}

type Checked = (BoundCommand & { readonly workspaceRoot: string | null }) | Denial

/** Both halves of the verdict: the values against the grammar, then their paths against the disk. */
function check(
  options: CommandsOptions,
  template: CommandTemplate,
  values: Readonly<Record<string, unknown>>,
): Checked {
  const bound = bindCommand(template, values)
  if (!bound.ok || template.workspace === null) return bound.ok ? { ...bound, workspaceRoot: null } : bound
  const workspace = checkWorkspace(template.workspace.root, bound.paths, options.guard, options.protectedPaths)
  return workspace.ok ? { ...bound, workspaceRoot: workspace.root } : workspace
}

function planOf(
  options: CommandsOptions,
  template: CommandTemplate,
  checked: Extract<Checked, { ok: true }>,
  image: PinnedImage,
  runId: string,
) {
  const root = checked.workspaceRoot
  return {
    runId,
    image: image.reference,
    imageEnvironment: image.environment,
    argv: checked.argv,
    workspace: root === null || template.workspace === null ? null : { root, mode: template.workspace.mode },
    limits: template.limits,
    processors: availableParallelism(),
    owner: options.owner(),
  }
}

function factsOf(caller: CommandCaller, template: CommandTemplate, runId: string): AuditFacts {
  return {
    event: 'started',
    runId,
    caller: caller.id,
    command: template.name,
    argv: [],
    image: null,
    limits: template.limits,
    reason: null,
    ending: null,
    exitCode: null,
    outputBytes: null,
    durationMs: null,
  }
}

function denied(command: string, { parameter, rule, message }: Denial): CommandPlan {
  return { command, verdict: 'deny', denial: { parameter, rule, message }, argv: [], engineArgv: [], image: null }
}

function refusal(command: string, { parameter, rule, message }: Denial): ProxyError {
  return new ProxyError('sandbox_denied', `${parameter ?? command}: ${message} (rule ${rule})`, {
    detail: { path: parameter ?? '', facts: { command, rule } },
  })
}
