import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Scheduler, systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { CommandOutput, CommandResult, Commands } from '../../src/core/commands.ts'
import { type CommandConfig, commandSchema } from '../../src/policy/command-config.ts'
import { compileCommands } from '../../src/policy/command-template.ts'
import { openAuditFile } from '../../src/sandbox/audit-log.ts'
import { createCommands, type RunObserver } from '../../src/sandbox/commands.ts'
import type { Engine } from '../../src/sandbox/engine.ts'
import type { Images } from '../../src/sandbox/images.ts'
import { openLostContainers } from '../../src/sandbox/lost-containers.ts'
import { thisOwner } from '../../src/sandbox/owner.ts'
import { createPathGuard } from '../../src/sandbox/path-guard.ts'
import { createRunQueue } from '../../src/sandbox/run-queue.ts'

export interface TestSandbox extends Disposable {
  readonly folder: string
  readonly workspace: string
  readonly auditPath: string
  readonly commands: Commands
}

export interface SandboxParts {
  readonly engine: Engine
  readonly images: Images
  readonly secrets?: readonly string[]
  readonly concurrencyMax?: number
  readonly scheduler?: Scheduler
  readonly observer?: RunObserver
}

/** A whole sandbox over templates of a test, each with the test's workspace unless it says otherwise. */
export function openSandbox(parts: SandboxParts, templates: Record<string, Record<string, unknown>>): TestSandbox {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-sandbox-'))
  const workspace = join(folder, 'work')
  const dataFolder = join(folder, 'data')
  mkdirSync(workspace, { mode: 0o755 })
  writeFileSync(join(workspace, 'hello.txt'), 'one\ntwo\nthree\n')
  const configs: Record<string, CommandConfig> = {}
  for (const [name, config] of Object.entries(templates)) {
    configs[name] = commandSchema.parse({
      description: name,
      callers: ['*'],
      workspace: { root: workspace },
      ...config,
    })
  }
  const protectedPaths = { homeFolder: '/root', dataFolder, engineSockets: ['/run/docker.sock'] }
  const compiled = compileCommands(configs, protectedPaths)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  const auditPath = join(dataFolder, 'audit.jsonl')
  const commands = createCommands({
    templates: () => compiled.templates,
    engine: parts.engine,
    images: parts.images,
    guard: createPathGuard(),
    audit: openAuditFile(auditPath, systemClock),
    queue: createRunQueue({
      concurrencyMax: parts.concurrencyMax ?? 4,
      waitingMax: 64,
      waitMsMax: 60_000,
      scheduler: systemScheduler,
    }),
    lost: openLostContainers(parts.engine, parts.scheduler ?? systemScheduler),
    owner: thisOwner(dataFolder),
    protectedPaths,
    secrets: () => parts.secrets ?? [],
    clock: systemClock,
    scheduler: parts.scheduler ?? systemScheduler,
    ...(parts.observer !== undefined && { observer: parts.observer }),
  })
  return {
    folder,
    workspace,
    auditPath,
    commands,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface Ran extends CommandResult {
  readonly stdout: string
  readonly stderr: string
}

export async function run(
  sandbox: TestSandbox,
  name: string,
  values: Record<string, unknown> = {},
  signal: AbortSignal = new AbortController().signal,
  onOutput: (output: CommandOutput) => void = () => undefined,
): Promise<Ran> {
  const text = { stdout: '', stderr: '' }
  const result = await sandbox.commands.run({ id: 'tester' }, name, values, {
    signal,
    onOutput(output) {
      text[output.stream] += output.text
      onOutput(output)
    },
  })
  return { ...result, ...text }
}
