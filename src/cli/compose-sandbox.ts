import { join } from 'node:path'
import type { Clock, Scheduler } from '../core/clock.ts'
import type { Commands } from '../core/commands.ts'
import type { CommandTemplate } from '../policy/command-template.ts'
import { protectedPathsOf } from '../policy/workspace-root.ts'
import { openAuditFile } from '../sandbox/audit-log.ts'
import { createCommands, type RunObserver } from '../sandbox/commands.ts'
import { createEngine, type Engine } from '../sandbox/engine.ts'
import { type Images, openImages } from '../sandbox/images.ts'
import { openLostContainers } from '../sandbox/lost-containers.ts'
import { type Owner, thisOwner } from '../sandbox/owner.ts'
import { createPathGuard } from '../sandbox/path-guard.ts'
import { createRunQueue } from '../sandbox/run-queue.ts'
import { sweepContainers } from '../sandbox/sweep.ts'

/** What the sandbox takes from configuration. */
export interface SandboxSettings {
  readonly dataFolder: string
  readonly homeFolder: string
  /** Name or path of the docker client. */
  readonly client: string
  /** The client's whole environment: PATH, HOME, and DOCKER_* as the operator set them. */
  readonly environment: Readonly<Record<string, string>>
  readonly concurrencyMax: number
  readonly waitingMax: number
  readonly waitMsMax: number
  readonly templates: () => ReadonlyMap<string, CommandTemplate>
  readonly secrets: () => readonly string[]
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly observer?: RunObserver
}

/** The sandbox, put together. `sweep` is for `serve`, once, at start. */
export interface Sandbox {
  readonly commands: Commands
  readonly engine: Engine
  readonly images: Images
  readonly owner: () => Owner
  readonly auditPath: string
  sweep(): Promise<number>
}

/** Constructs; nothing is asked of the engine yet. */
export function composeSandbox(settings: SandboxSettings): Sandbox {
  const { dataFolder, clock, scheduler } = settings
  const engine = createEngine(settings)
  const images = openImages(engine, join(dataFolder, 'sandbox', 'images.json'))
  const owner = thisOwner(dataFolder)
  const auditPath = auditPathOf(dataFolder)
  const commands = createCommands({
    ...settings,
    engine,
    images,
    owner,
    guard: createPathGuard(),
    audit: openAuditFile(auditPath, clock),
    queue: createRunQueue(settings),
    lost: openLostContainers(engine, scheduler),
    protectedPaths: protectedPathsOf(settings.homeFolder, dataFolder, settings.environment.DOCKER_HOST),
    clock,
    scheduler,
  })
  return { commands, engine, images, owner, auditPath, sweep: async () => sweepContainers(engine, owner()) }
}

function auditPathOf(dataFolder: string): string {
  return join(dataFolder, 'sandbox', 'audit.jsonl')
}
