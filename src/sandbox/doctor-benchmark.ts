/** A container as `docker inspect` describes it: what the checks below read, of whatever shape. */
interface HostConfig {
  readonly [name: string]: unknown
}

export interface BenchmarkItem {
  readonly property: string
  readonly holds: (config: HostConfig) => boolean
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0)

const text = (value: unknown): string => JSON.stringify(value ?? null)

/**
 * The items of section 5 of the CIS Docker Benchmark that apply to one container without services. Not among them: 5.3
 * and 5.14 (a service's capabilities and addresses: none here), 5.7 (sshd: the image has none), 5.23 and 5.24 (`exec`
 * into a container: lynkr never does), 5.27 (health checks of services).
 *
 * @see CIS Docker Benchmark v1.6.0, section 5 "Container Runtime Configuration"
 */
export const BENCHMARK: readonly BenchmarkItem[] = [
  {
    property: 'CIS 5.1–5.2 keeps the profile of AppArmor or SELinux, where the kernel has one',
    holds: (config) => !/apparmor=unconfined|label[=:]disable/.test(text(config.SecurityOpt)),
  },
  {
    property: 'CIS 5.4 capabilities are dropped',
    holds: (config) => text(config.CapDrop) === '["ALL"]' && isEmpty(config.CapAdd),
  },
  { property: 'CIS 5.5 is not privileged', holds: (config) => config.Privileged === false },
  {
    property: 'CIS 5.6 mounts no system folder',
    holds: (config) => !/"Source":"(?:\/|\/(?:boot|dev|etc|lib|proc|sys|usr)(?:\/[^"]*)?)"/.test(text(config.Mounts)),
  },
  {
    property: 'CIS 5.8–5.9 publishes no port',
    holds: (config) => isEmpty(config.PortBindings) && config.PublishAllPorts === false,
  },
  { property: 'CIS 5.10 is not in the network of the host', holds: (config) => config.NetworkMode === 'none' },
  {
    property: 'CIS 5.11 has a memory limit, without swap',
    holds: (config) => Number(config.Memory) > 0 && config.MemorySwap === config.Memory,
  },
  { property: 'CIS 5.12 has a processor limit', holds: (config) => Number(config.NanoCpus) > 0 },
  { property: 'CIS 5.13 has a read-only root', holds: (config) => config.ReadonlyRootfs === true },
  { property: 'CIS 5.15 is not restarted', holds: (config) => /"Name":"(?:no)?"/.test(text(config.RestartPolicy)) },
  { property: 'CIS 5.16 has its own processes', holds: (config) => isEmpty(config.PidMode) },
  { property: 'CIS 5.17 shares no memory', holds: (config) => config.IpcMode === 'none' },
  { property: 'CIS 5.18 has no device of the host', holds: (config) => isEmpty(config.Devices) },
  {
    property: 'CIS 5.19 has its own limits of files and cores',
    holds: (config) => /"nofile"/.test(text(config.Ulimits)) && /"core"/.test(text(config.Ulimits)),
  },
  { property: 'CIS 5.20 propagates no mounts', holds: (config) => !/"shared"/.test(text(config.Mounts)) },
  { property: 'CIS 5.21 has its own host name', holds: (config) => isEmpty(config.UTSMode) },
  { property: 'CIS 5.22 keeps the seccomp filter', holds: (config) => !/unconfined/.test(text(config.SecurityOpt)) },
  { property: 'CIS 5.25 is in no control group of its own choice', holds: (config) => isEmpty(config.CgroupParent) },
  { property: 'CIS 5.26 gains no privileges', holds: (config) => /no-new-privileges/.test(text(config.SecurityOpt)) },
  { property: 'CIS 5.29 has a limit of processes', holds: (config) => Number(config.PidsLimit) > 0 },
  {
    property: 'CIS 5.28 runs an image that is named by its content',
    holds: (config) => /^(?:[^@]+@)?sha256:[0-9a-f]{64}$/.test(String(config.Image)),
  },
  { property: 'CIS 5.30 is not on the default bridge', holds: (config) => config.NetworkMode === 'none' },
  { property: 'CIS 5.31 is not in the user namespace of the host', holds: (config) => isEmpty(config.UsernsMode) },
  {
    property: 'CIS 5.32 mounts no engine socket',
    holds: (config) => !/docker\.sock|containerd\.sock/.test(text(config.Mounts) + text(config.Binds)),
  },
]
