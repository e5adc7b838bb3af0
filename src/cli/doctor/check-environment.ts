import type { Environment } from '../../config/environment.ts'
import { SETTINGS } from '../../config/settings.ts'
import { nearNames } from '../../routing/near-names.ts'
import { type Finding, warning } from './finding.ts'

const PREFIX = 'LYNKR_'

/** Variables that are read elsewhere than with the settings, or by clients and scripts. */
const OTHERS = ['CONFIG', 'DATA_DIR', 'KEY', 'RELEASE_URL', 'INSTALL_DIR', 'COMMAND', 'COMMIT'].map(
  (name) => PREFIX + name,
)

/**
 * Variables that are almost named as a setting is: nobody reads them, and a start goes on without a word, as it cannot know
 * what else an environment holds.
 */
export function checkEnvironment(environment: Environment): Finding[] {
  const settings = Object.values(SETTINGS).map(({ env }) => env)
  const known = new Set<string>([...settings, ...OTHERS])
  return Object.entries(environment)
    .filter(([name, value]) => name.startsWith(PREFIX) && !known.has(name) && !isOfService(name, value))
    .flatMap(([name]) => {
      const bare = name.slice(PREFIX.length)
      const meant = known.has(bare) ? bare : nearNames(name, settings)[0]
      return meant === undefined ? [] : [warning('configuration', `nobody reads ${name}`, `Is ${meant} what is meant?`)]
    })
}

/** Kubernetes tells every pod of a service that is called lynkr in variables such as `LYNKR_PORT=tcp://10.0.0.1:8080`. */
function isOfService(name: string, value: string | undefined): boolean {
  return /_SERVICE_(HOST|PORT)/.test(name) || /_(TCP|UDP)(_|$)/.test(name) || value?.startsWith('tcp://') === true
}
