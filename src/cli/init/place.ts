import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../../config/environment.ts'

/** Where `serve` will look: `LYNKR_CONFIG`, else the user's own configuration folder, else `/etc`. */
export function initTarget({ LYNKR_CONFIG, XDG_CONFIG_HOME, HOME }: Environment): string {
  if (LYNKR_CONFIG !== undefined) return LYNKR_CONFIG
  const folder = XDG_CONFIG_HOME ?? (HOME === undefined ? '/etc' : join(HOME, '.config'))
  return join(folder, 'lynkr', 'lynkr.yaml')
}

/**
 * Writes the file whole or not at all, readable by its owner alone; what was there before stays beside it as `.bak`.
 *
 * @returns where the old one is, or `null` if there was none; throws what the file system says
 */
export function placeFile(path: string, text: string): string | null {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}`
  try {
    writeFileSync(next, text, { mode: 0o600 })
    const old = existsSync(path) ? `${path}.bak` : null
    if (old !== null) copyFileSync(path, old)
    renameSync(next, path)
    return old
  } finally {
    rmSync(next, { force: true })
  }
}
