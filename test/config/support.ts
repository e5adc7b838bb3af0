import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../src/config/environment.ts'
import { type LoadedSettings, loadSettings, type Settings } from '../../src/config/load.ts'

/** Loads a file of this content with this environment alone; the file is gone when it returns. */
export function loadFile(content: string | Uint8Array, environment: Environment = {}): LoadedSettings {
  const folder = mkdtempSync(join(tmpdir(), 'lynkr-config-'))
  const path = join(folder, 'lynkr.yaml')
  writeFileSync(path, content)
  try {
    return loadSettings(environment, path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What is wrong, as `line path: message`, the file's folder and name left out. */
export function issuesOf(loaded: LoadedSettings): readonly string[] {
  if (!('issues' in loaded)) return []
  return loaded.issues.map(({ place, message }) => `${place.replace(/^.*lynkr\.yaml:?/, '')}: ${message}`)
}

/** @throws Error naming the issues where there are any */
export function settingsOf(loaded: LoadedSettings): Settings {
  if ('issues' in loaded) throw new Error(issuesOf(loaded).join('\n'))
  return loaded.settings
}

/** The environment alone, without any file. */
export function loadEnvironment(environment: Environment): LoadedSettings {
  return loadSettings(environment, null)
}
