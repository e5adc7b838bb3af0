import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { secureBytes } from '../core/random.ts'
import { isSystemError } from '../core/system-error.ts'
import { unavailable } from './engine.ts'
import { openLifeSigns } from './life-signs.ts'

/** Who started a container: the installation, and within it the process. Both end up in labels, for the sweep. */
export interface Owner {
  readonly installation: string
  readonly process: string
}

/** What this process signs its containers with. */
export interface ThisOwner extends Owner {
  /** Whether the process of that label still lives, wherever it runs. */
  isAlive(process: string): boolean
}

/**
 * This process of the installation whose state is in `dataFolder`. Its id is made there once: lynkrs in containers are
 * often called alike, and have their data folders at the same path, on one engine.
 *
 * @returns tells it from the first call on, throws `sandbox_unavailable` if the id can neither be read nor written
 */
export function thisOwner(dataFolder: string): () => ThisOwner {
  let owner: ThisOwner | null = null
  return () => {
    try {
      owner ??= open(join(dataFolder, 'sandbox'))
      return owner
    } catch (error) {
      throw unavailable('the data folder cannot be written, so nothing runs', error)
    }
  }
}

function open(folder: string): ThisOwner {
  const path = join(folder, 'installation')
  const installation = tryRead(path) ?? create(path)
  const signs = openLifeSigns(join(folder, 'alive'))
  const ownId = `${process.pid}.${startedAt(process.pid) ?? 0}`
  return {
    installation,
    process: signs.tryShow() ?? ownId,
    isAlive: (label) => (/^[0-9a-f]{16}$/.test(label) ? signs.has(label) : isRunning(label)),
  }
}

/** Of a process that could lock nothing: whether one of that id runs here. */
function isRunning(label: string): boolean {
  const [pid, started] = label.split('.')
  return startedAt(Number(pid)) === started
}

function tryRead(path: string): string | null {
  try {
    const id = readFileSync(path, 'utf8').trim()
    return /^[0-9a-f]{16}$/.test(id) ? id : null
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return null
    throw error
  }
}

/**
 * A link appears whole, and for one of several processes only: the others read what that one wrote. Where a loss of
 * power has left something else there, or the file system knows no links, the id is moved into place.
 */
function create(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const id = secureBytes(8).toHex()
  const draft = `${path}.${id}`
  writeFileSync(draft, `${id}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!isSystemError(error)) throw error
    const other = tryRead(path)
    if (other !== null) return other
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  return id
}

/** When a process started, in ticks since boot (field 22 of /proc/pid/stat): tells a reused pid from its owner. */
function startedAt(pid: number): string | null {
  if (!Number.isInteger(pid)) return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch (error) {
    if (isSystemError(error)) return null
    throw error
  }
}
