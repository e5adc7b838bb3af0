import { type Environment, readEnvironment, usesProxy } from '../../config/environment.ts'
import type { ConfigIssue } from '../../config/issue.ts'
import { loadSettings, type Settings } from '../../config/load.ts'
import { systemClock } from '../../core/clock.ts'
import { styleFor } from '../style.ts'
import { checkDocker } from './check-docker.ts'
import { checkEnvironment } from './check-environment.ts'
import { checkKeys } from './check-keys.ts'
import { checkLimits } from './check-limits.ts'
import { checkPort } from './check-port.ts'
import { checkProviders } from './check-providers.ts'
import { checkStore } from './check-store.ts'
import { type Finding, ok, problem } from './finding.ts'
import { doctorReport } from './report.ts'

/**
 * `lynkr doctor`: looks at everything a start depends on. Sends no prompt and spends nothing; writes nothing but the
 * store that `serve` would make.
 *
 * @returns 0 if lynkr would work, 1 if it would not, 2 for a wrong configuration
 */
export async function doctor({ json }: { readonly json: boolean }): Promise<number> {
  const environment = readEnvironment()
  const findings = await examine(environment)
  const isWrong = findings.some(({ status }) => status === 'problem')
  const document = { ok: !isWrong, findings }
  process.stdout.write(
    json ? `${JSON.stringify(document, null, 2)}\n` : doctorReport(findings, styleFor(1, environment)),
  )
  if (!isWrong) return 0
  return findings.some(({ check, status }) => check === 'configuration' && status === 'problem') ? 2 : 1
}

/** Without a configuration nothing else can be judged. */
async function examine(environment: Environment): Promise<Finding[]> {
  const loaded = loadSettings(environment)
  if ('issues' in loaded) {
    return loaded.issues.map(toFinding)
  }
  const { settings } = loaded
  const findings = await Promise.all([
    checkPort(settings),
    checkKeys(settings),
    checkProviders(settings, systemClock, usesProxy(environment)),
    checkStore(settings),
    checkDocker(settings, environment),
    checkLimits(settings),
  ])
  return [configuration(settings), ...checkEnvironment(environment), ...findings.flat()]
}

/** An issue says what is wrong and, behind a semicolon, what would be right. */
function toFinding({ place, message }: ConfigIssue): Finding {
  const [wrong = '', ...advice] = message.split('; ')
  const fix = advice.length === 0 ? 'docs/configuration.md has every setting.' : advice.join('; ')
  return problem('configuration', `${place}: ${wrong}`, fix)
}

function configuration({ configFile, defaultProvider }: Settings): Finding {
  const source = configFile ?? 'the environment alone, without a lynkr.yaml'
  const lane = defaultProvider === null ? 'the simulator' : defaultProvider.id
  return ok('configuration', `${source}; what nothing else claims goes to ${lane}`)
}
