import type { Settings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import type { Provider } from '../../core/target.ts'
import { environmentPrefix } from '../../routing/provider-table.ts'
import { claudeNamesProblem } from '../claude-names.ts'
import { type Probe, probeProvider } from '../probe-provider.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/**
 * Asks each provider for its models, and compares its clock with this one.
 *
 * @param isProxied whether a proxy of the environment is on the way, so that what fails may be the proxy
 */
export async function checkProviders(settings: Settings, clock: Clock, isProxied = false): Promise<Finding[]> {
  const { providers, defaultProvider } = settings
  if (defaultProvider === null) {
    const fix = 'Run `lynkr init`, or set the key of one, such as ANTHROPIC_API_KEY.'
    return [warning('providers', 'none is configured: the embedded simulator answers', fix)]
  }
  const probes = await Promise.all(providers.map((provider) => probeProvider(provider, clock)))
  const findings = providers.map((provider, i) => providerFinding(provider, probes[i], isProxied))
  const listed = providers.flatMap(({ id }, i) => {
    const probe = probes[i]
    return probe?.kind === 'answered' ? [[id, probe.models] as const] : []
  })
  const names = claudeNamesProblem(settings, new Map(listed))
  return [
    ...findings,
    ...(names === null ? [] : [warning('providers', names.finding, names.fix)]),
    clockFinding(probes),
  ]
}

function providerFinding({ id, baseUrl, keys }: Provider, probe: Probe | undefined, isProxied: boolean): Finding {
  const name = environmentPrefix(id)
  switch (probe?.kind) {
    case 'answered': {
      const models = probe.models.length === 0 ? '' : `, ${probe.models.length} models`
      return ok('providers', `${id} answers in ${probe.ms} ms${models}`)
    }
    case 'refused': {
      const fix = keys.length === 0 ? `Set ${name}_API_KEY.` : `Set ${name}_API_KEY to a key that is valid there.`
      return problem('providers', `${id} refuses the key (${probe.status})`, fix)
    }
    case 'odd':
      return warning(
        'providers',
        `${id}: ${baseUrl} answers ${probe.status} to a question for its models`,
        addressFix(id, isProxied),
      )
    case 'untrusted':
      return problem('providers', `${id}: the certificate of ${baseUrl} is not trusted (${probe.reason})`, TRUST_FIX)
    default: {
      const finding = `${id}: ${baseUrl} does not answer (${probe?.reason ?? 'not asked'})`
      return problem('providers', finding, addressFix(id, isProxied))
    }
  }
}

const TRUST_FIX =
  'If a company of yours signed it, NODE_EXTRA_CA_CERTS names the file with its own certificate. Else its server needs another.'

function addressFix(id: string, isProxied: boolean): string {
  const fix = `Look whether it runs and can be reached from here; ${environmentPrefix(id)}_API_BASE sets its address.`
  return isProxied ? `${fix} HTTPS_PROXY or the like is set: look at that proxy, or name the host in NO_PROXY.` : fix
}

/** Signed requests and tokens are refused beyond a few minutes; a `Date` header and the way there blur a second or two. */
const SKEW_MS_MAX = 60_000
const SKEW_MS_GOOD = 5_000

function clockFinding(probes: readonly Probe[]): Finding {
  const skews = probes.flatMap((probe) => ('skewMs' in probe && probe.skewMs !== null ? [probe.skewMs] : []))
  // Of several clocks the nearest one is believed: one provider with a wrong clock is not this machine's fault.
  const [skewMs] = skews.sort((a, b) => Math.abs(a) - Math.abs(b))
  if (skewMs === undefined) return ok('clock', 'no provider said what time it is')
  const seconds = Math.round(Math.abs(skewMs) / 1_000)
  const finding = `${seconds} s ${skewMs < 0 ? 'behind' : 'ahead of'} the providers`
  const fix = 'Switch on time synchronisation: timedatectl set-ntp true.'
  if (Math.abs(skewMs) > SKEW_MS_MAX) return problem('clock', finding, fix)
  return Math.abs(skewMs) > SKEW_MS_GOOD ? warning('clock', finding, fix) : ok('clock', 'right to the second')
}
