import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, type Scheduler, sleep } from '../core/clock.ts'
import { secureBytes } from '../core/random.ts'
import { type CommandLimits, commandSchema } from '../policy/command-config.ts'
import { containerName, LABEL, type RunPlan } from './docker-argv.ts'
import { BENCHMARK } from './doctor-benchmark.ts'
import { PROBES, probeScript, readProbes } from './doctor-probes.ts'
import type { Engine } from './engine.ts'
import type { Images, PinnedImage } from './images.ts'
import type { Owner } from './owner.ts'
import { findContainers } from './remove-container.ts'
import { runContainer } from './run-container.ts'

/** One property of the isolation, and whether this machine keeps it. */
export interface DoctorRow {
  readonly property: string
  readonly holds: boolean
  /** What was seen; short, one line. */
  readonly observed: string
}

export interface DoctorOptions {
  readonly engine: Engine
  readonly images: Images
  readonly owner: () => Owner
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly signal: AbortSignal
}

/**
 * Proves each property of the sandbox on this machine, by trying to break it in containers that are started exactly like
 * those of commands. Takes some seconds. Throws `sandbox_unavailable` when there is no engine or no default image.
 */
export async function runDoctor(options: DoctorOptions): Promise<DoctorRow[]> {
  const image = await options.images.resolve(null)
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-doctor-'))
  chmodSync(folder, 0o755)
  const trial = (script: string, limits: Partial<CommandLimits>) => runTrial(options, image, { script, limits, folder })
  try {
    return [
      ...(await probeFromInside(trial)),
      ...(await probeLimits(trial)),
      ...(await probeFromOutside(options, image, folder)),
      await probeLeftovers(options),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Trial {
  readonly script: string
  readonly limits: Partial<CommandLimits>
  readonly folder: string
}

const DEFAULT_LIMITS = commandSchema.shape.limits.parse({})

async function runTrial(options: DoctorOptions, image: PinnedImage, trial: Trial) {
  let output = ''
  const run = await runContainer(planOf(options, image, trial), {
    ...options,
    secrets: [],
    onOutput({ text }) {
      output += text
    },
  })
  return { ...run, output }
}

function planOf(options: DoctorOptions, image: PinnedImage, { script, limits, folder }: Trial): RunPlan {
  return {
    runId: secureBytes(8).toHex(),
    image: image.reference,
    imageEnvironment: image.environment,
    argv: ['sh', '-c', script],
    workspace: { root: folder, mode: 'read' },
    limits: { ...DEFAULT_LIMITS, ...limits },
    processors: availableParallelism(),
    owner: options.owner(),
  }
}

type RunTrial = (script: string, limits: Partial<CommandLimits>) => ReturnType<typeof runTrial>

async function probeFromInside(trial: RunTrial): Promise<DoctorRow[]> {
  const { output } = await trial(probeScript(), {})
  const observed = readProbes(output)
  return PROBES.map(({ property, holds }, i) => {
    const seen = observed[i] ?? ''
    return { property, holds: holds(seen), observed: oneLine(seen) }
  })
}

async function probeLimits(trial: RunTrial): Promise<DoctorRow[]> {
  const fork = await trial('i=0; while [ $i -lt 100 ]; do sleep 3 & i=$((i+1)); done; echo DONE', { pids: 32 })
  const memory = await trial('dd if=/dev/zero of=/dev/null bs=512M count=1 && echo DONE', { memoryMib: 32 })
  const time = await trial('trap "" TERM INT HUP; while :; do sleep 1; done', { timeoutMs: 1500 })
  const flood = await trial('yes', { outputBytes: 65_536 })
  return [
    row('cannot start more processes than allowed', /can't fork/.test(fork.output), fork.output),
    row('cannot use more memory than allowed', !memory.output.includes('DONE'), `exit code ${memory.exitCode}`),
    row('is killed at its time limit, even if it ignores signals', time.ending === 'timeout', time.ending),
    row(
      'is killed at its output limit',
      flood.ending === 'output_cap',
      `${flood.ending} at ${flood.outputBytes} bytes`,
    ),
  ]
}

/** A container at rest, as the engine describes it. */
async function probeFromOutside(options: DoctorOptions, image: PinnedImage, folder: string): Promise<DoctorRow[]> {
  const abort = new AbortController()
  const signal = AbortSignal.any([abort.signal, options.signal])
  const plan = planOf(options, image, { script: 'sleep 60', limits: {}, folder })
  const run = runContainer(plan, { ...options, signal, secrets: [], onOutput: () => undefined })
  try {
    const config = await inspect(options, containerName(plan.runId))
    return BENCHMARK.map(({ property, holds }) => row(property, holds(config), ''))
  } finally {
    abort.abort()
    await run
  }
}

/** Looks until the container runs; 100 looks of 50 ms are longer than any start. */
async function inspect(options: DoctorOptions, name: string): Promise<Record<string, unknown>> {
  for (let look = 0; look < 100; look++) {
    const format = '{{.State.Running}} {{json .HostConfig}} {{json .Mounts}} {{json .Config.Image}}'
    const { stdout } = await options.engine.ask(['container', 'inspect', '--format', format, name])
    const match = /^true (\{.*\}) (\[.*\]) (".*")$/s.exec(stdout.trim())
    if (match !== null) {
      const [host, mounts, image] = match.slice(1).map((part) => JSON.parse(part))
      return { ...host, Mounts: mounts, Image: image }
    }
    await sleep(options.scheduler, 50, options.signal)
  }
  return {}
}

async function probeLeftovers(options: DoctorOptions): Promise<DoctorRow> {
  const left = await findContainers(options.engine, [`label=${LABEL.process}=${options.owner().process}`])
  return row('leaves no container behind', left.length === 0, `${left.length} left`)
}

function row(property: string, holds: boolean, observed: string): DoctorRow {
  return { property, holds, observed: oneLine(observed) }
}

function oneLine(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 100)
}
