import { type Environment, homeFolder } from '../config/environment.ts'
import type { Settings } from '../config/load.ts'
import { systemClock, systemScheduler } from '../core/clock.ts'
import type { RunObserver } from '../sandbox/commands.ts'
import { composeSandbox, type Sandbox } from './compose-sandbox.ts'
import { hiddenValues } from './hidden-values.ts'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Calls that may wait for a place, and how long in ms; an agent asks again after that. */
const WAITING_MAX = 64
const WAIT_MS_MAX = 30_000

export interface ConfiguredSandboxOptions {
  readonly settings: Settings
  readonly environment: Environment
  /** The configuration as it is now, with keys that were taken over meanwhile. Absent: `settings`. */
  latest?(): Settings
  /** Besides the keys of the settings, what output must never show. */
  readonly secrets?: readonly string[]
  readonly observer?: RunObserver
}

/** The sandbox as the configuration wants it, for `serve` and for the command line. Asks nothing of the engine. */
export function configuredSandbox({
  settings,
  environment,
  latest = () => settings,
  secrets = [],
  observer,
}: ConfiguredSandboxOptions): Sandbox {
  return composeSandbox({
    dataFolder: settings.dataDir,
    homeFolder: homeFolder(environment),
    client: settings.sandboxClient,
    environment: clientEnvironment(environment),
    concurrencyMax: settings.sandboxConcurrency,
    waitingMax: WAITING_MAX,
    waitMsMax: WAIT_MS_MAX,
    templates: () => settings.commands,
    secrets: () => [...hiddenValues(latest(), environment), ...secrets],
    clock: systemClock,
    scheduler: systemScheduler,
    ...(observer !== undefined && { observer }),
  })
}

/** What the docker client needs to find its engine, and nothing of what lynkr knows. */
export function clientEnvironment(environment: Environment): Record<string, string> {
  const isForClient = (name: string): boolean => name === 'HOME' || name === 'XDG_RUNTIME_DIR' || /^DOCKER_/.test(name)
  const passed = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && isForClient(name) ? [[name, value] as const] : [],
  )
  return { ...Object.fromEntries(passed), PATH: environment.PATH ?? PATH }
}
