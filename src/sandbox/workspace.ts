import { readFileSync, realpathSync } from 'node:fs'
import type { Denial } from '../core/commands.ts'
import { isSystemError } from '../core/system-error.ts'
import type { BoundPath } from '../policy/bind-command.ts'
import { deny } from '../policy/safe-path.ts'
import { isAtOrBelow, type ProtectedPaths, workspaceRootProblem } from '../policy/workspace-root.ts'
import { unavailable } from './engine.ts'
import { openRoot, type PathGuard } from './path-guard.ts'

/**
 * Checks a workspace and the paths of one call against the file system, just before they are used.
 *
 * @returns the root's real path, or the denial of the first path that is refused. Throws `sandbox_unavailable` when the
 *   root itself is gone, leads to a protected folder, or has another file system mounted inside.
 */
export function checkWorkspace(
  root: string,
  paths: readonly BoundPath[],
  guard: PathGuard,
  protectedPaths: ProtectedPaths,
): { readonly ok: true; readonly root: string } | Denial {
  using opened = tryOpenRoot(root)
  const problem =
    workspaceRootProblem(opened.path, protectedPaths) ?? workspaceRootProblem(opened.path, resolved(protectedPaths))
  if (problem !== null) throw unavailable(`the workspace ${problem}`)
  if (mountsBelow(opened.path).length > 0) throw unavailable('the workspace has another file system mounted inside')
  for (const path of paths) {
    const denied = checkPathOnDisk(path, opened, guard)
    if (denied !== null) return denied
  }
  return { ok: true, root: opened.path }
}

function tryOpenRoot(root: string): ReturnType<typeof openRoot> {
  try {
    return openRoot(root)
  } catch (error) {
    throw unavailable('the workspace of this command cannot be opened', error)
  }
}

/** The same places by their own names: a home or data folder may be a link to another disk. */
function resolved({ homeFolder, dataFolder, engineSockets }: ProtectedPaths): ProtectedPaths {
  return { homeFolder: realOf(homeFolder), dataFolder: realOf(dataFolder), engineSockets: engineSockets.map(realOf) }
}

/** What is not there leads nowhere else. */
function realOf(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (isSystemError(error)) return path
    throw error
  }
}

function checkPathOnDisk(path: BoundPath, root: ReturnType<typeof openRoot>, guard: PathGuard): Denial | null {
  const found = guard.stat(root, path.relative, path.parameter)
  if (found.ok) {
    if (path.kind === 'file' && !found.stats.isFile()) return deny(path.parameter, 'kind', 'must be a file')
    if (path.kind === 'directory' && !found.stats.isDirectory()) return deny(path.parameter, 'kind', 'must be a folder')
    return null
  }
  if (path.kind !== 'new' || found.rule !== 'missing' || path.relative === '') return found
  const parent = path.relative.slice(0, Math.max(path.relative.lastIndexOf('/'), 0))
  return checkPathOnDisk({ parameter: path.parameter, relative: parent, kind: 'directory' }, root, guard)
}

/** Mount points below a folder: a read-only bind mount would not make them read-only. Linux only. */
function mountsBelow(folder: string): string[] {
  if (process.platform !== 'linux') return []
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((point) => point !== folder && isAtOrBelow(point, folder))
}
