import type { CommandLimits } from '../policy/command-config.ts'
import type { Owner } from './owner.ts'

/** All that one run needs to know; the engine's argv follows from it alone. */
export interface RunPlan {
  readonly runId: string
  /** `sha256:…` or `name@sha256:…`. */
  readonly image: string
  /** Variables that the image would set: they are unset, or empty where the client has them too. */
  readonly imageEnvironment: readonly string[]
  /** Program and arguments in the container. */
  readonly argv: readonly string[]
  readonly workspace: { readonly root: string; readonly mode: 'read' | 'write' } | null
  readonly limits: CommandLimits
  /** Of this machine: an engine refuses a run that may use more of them than it has. */
  readonly processors: number
  readonly owner: Owner
}

export const LABEL = {
  sandbox: 'io.lynkr.sandbox',
  installation: 'io.lynkr.installation',
  process: 'io.lynkr.process',
} as const

/** Where the workspace is seen from inside. */
const WORKSPACE = '/workspace'

/** nobody:nogroup: owns nothing on the host. */
const USER = '65534:65534'

/** What the command finds in its environment, and all of it. */
export const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: '/tmp',
} as const

export function containerName(runId: string): string {
  return `lynkr-${runId}`
}

/**
 * The arguments of the docker client for one run, without the client's own name. The program goes to `--entrypoint`, so
 * that an entry point of the image cannot put another one before it.
 *
 * `--ulimit cpu` is a backstop: should lynkr itself be killed, a busy command still ends.
 */
export function dockerRunArgv(plan: RunPlan): string[] {
  const [program = '', ...values] = plan.argv
  const { limits } = plan
  const cpuSeconds = Math.ceil((limits.timeoutMs / 1000) * Math.max(1, limits.cpus)) + 1
  return [
    ...['run', '--rm', '--init', '--name', containerName(plan.runId)],
    ...['--label', `${LABEL.sandbox}=${plan.runId}`],
    ...['--label', `${LABEL.installation}=${plan.owner.installation}`],
    ...['--label', `${LABEL.process}=${plan.owner.process}`],
    ...['--pull', 'never', '--network', 'none', '--read-only', '--cap-drop', 'ALL'],
    ...['--security-opt', 'no-new-privileges', '--user', USER],
    ...['--pids-limit', String(limits.pids), '--cpus', String(Math.min(limits.cpus, plan.processors))],
    ...['--memory', `${limits.memoryMib}m`, '--memory-swap', `${limits.memoryMib}m`],
    ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'core=0:0', '--ulimit', `cpu=${cpuSeconds}:${cpuSeconds}`],
    ...['--tmpfs', `/tmp:rw,noexec,nosuid,nodev,size=${limits.tmpMib}m,mode=1777`],
    ...['--ipc', 'none', '--log-driver', 'none', '--no-healthcheck'],
    ...environment(plan.imageEnvironment),
    ...mount(plan.workspace),
    ...['--entrypoint', program, plan.image],
    ...values,
  ]
}

/** What the client puts into every container if its own configuration has proxies, credentials and all. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
])

/** Variables that the client may have itself: the value of one that is named alone would go into the container. */
const OF_CLIENT = /^(?:DOCKER_|XDG_RUNTIME_DIR$)/

/** A name without a value unsets it. */
function environment(imageEnvironment: readonly string[]): string[] {
  const unset = new Set(['HOSTNAME', ...PROXIES, ...imageEnvironment])
  for (const name of Object.keys(ENVIRONMENT)) unset.delete(name)
  return [
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...[...unset].flatMap((name) => ['--env', OF_CLIENT.test(name) ? `${name}=` : name]),
  ]
}

function mount(workspace: RunPlan['workspace']): string[] {
  if (workspace === null) return ['--workdir', '/tmp']
  const readonly = workspace.mode === 'read' ? ',readonly' : ''
  const bind = `type=bind,source=${workspace.root},target=${WORKSPACE},bind-propagation=rprivate${readonly}`
  return ['--workdir', WORKSPACE, '--mount', bind]
}
