import type { Environment } from '../config/environment.ts'
import { formatIssues } from '../config/issue.ts'
import { loadSettings, type Settings } from '../config/load.ts'

/**
 * The settings in force.
 *
 * @param file in place of the one that is looked for
 * @param text what it says, where that was read before
 * @returns `null` with everything that is wrong said at the terminal, which is worth exit code 2
 */
export function trySettings(environment: Environment, file?: string | null, text?: string | null): Settings | null {
  const loaded = loadSettings(environment, file, text)
  if ('settings' in loaded) return loaded.settings
  process.stderr.write(formatIssues(loaded.issues))
  return null
}
