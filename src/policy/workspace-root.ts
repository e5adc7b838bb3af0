/** What no command may ever see, as absolute paths without a slash at the end. */
export interface ProtectedPaths {
  readonly homeFolder: string
  readonly dataFolder: string
  /** Sockets of container engines: whoever reaches one is root on the host. */
  readonly engineSockets: readonly string[]
}

/**
 * What no template may mount, with the engine's own socket among it.
 *
 * @param engineHost `DOCKER_HOST`, if it is set
 */
export function protectedPathsOf(
  homeFolder: string,
  dataFolder: string,
  engineHost: string | undefined,
): ProtectedPaths {
  const sockets = engineHost?.startsWith('unix://') ? [engineHost.slice('unix://'.length)] : []
  return { homeFolder, dataFolder, engineSockets: sockets }
}

const SYSTEM_FOLDERS = ['/proc', '/sys', '/dev', '/etc', '/boot', '/run', '/var/run', '/var/lib/docker']

/**
 * Why a folder may not be mounted into a container, or `null`.
 *
 * Refused: `/`; the home folder or anything above it; the data folder, anything above or below it; any folder from which
 * an engine socket can be reached; the system's own folders; names that `docker --mount` could misread. Check the
 * resolved path too: a link to one of these is one of these.
 *
 * @param root absolute path
 */
export function workspaceRootProblem(root: string, protectedPaths: ProtectedPaths): string | null {
  if (!root.startsWith('/')) return 'must be an absolute path'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the rule
  if (/[\x00-\x1f\x7f-\x9f,"\\]/.test(root) || !root.isWellFormed()) {
    return 'must not contain commas, quotes, backslashes or control characters'
  }
  const components = root.split('/').slice(1)
  if (root === '/' || components.every((component) => component === '')) return 'must not be the root of the host'
  if (components.some((component) => component === '' || component === '.' || component === '..')) {
    return 'must not have empty, . or .. components'
  }
  if (isAtOrBelow(protectedPaths.homeFolder, root)) return 'must not be or contain the home folder'
  if (isAtOrBelow(protectedPaths.dataFolder, root) || isAtOrBelow(root, protectedPaths.dataFolder)) {
    return 'must not touch the data folder of lynkr'
  }
  if (protectedPaths.engineSockets.some((socket) => isAtOrBelow(socket, root))) {
    return 'must not contain a container engine socket, which equals root on the host'
  }
  const system = SYSTEM_FOLDERS.find((folder) => isAtOrBelow(root, folder) || isAtOrBelow(folder, root))
  return system === undefined ? null : `must not touch ${system}`
}

/** By component: `/srv/ab` is not below `/srv/a`. */
export function isAtOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor.endsWith('/') ? ancestor : `${ancestor}/`)
}
