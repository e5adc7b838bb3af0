import { ANONYMOUS, type Principal, principalOf } from '../../auth/principal.ts'
import type { AccountVerdict } from '../../budget/budget-verdict.ts'
import { openPriceBook } from '../../budget/price-book.ts'
import type { Settings } from '../../config/load.ts'
import { systemClock } from '../../core/clock.ts'
import { ProxyError } from '../../core/errors.ts'
import type { JsonChange } from '../../core/json-changes.ts'
import { type Balance, type KeyRecord, StoreError } from '../../core/store.ts'
import { type ExplainedTarget, type Explanation, explainRequest } from '../../pipeline/explain.ts'
import type { SurfaceName } from '../../pipeline/guess-surface.ts'
import { openCapabilityMap } from '../../routing/capability-map.ts'
import { openFormChooser } from '../../routing/forms.ts'
import { createRouter } from '../../routing/router.ts'
import { listedPrincipal } from '../authentication.ts'
import { surfaceFor, UPSTREAMS } from '../surfaces.ts'
import { dollars } from './usage.ts'

export interface ExplainOptions {
  readonly settings: Settings
  readonly bytes: Uint8Array
  /** `null`: guessed from the body. */
  readonly surface: SurfaceName | null
  readonly key: string | null
  readonly user: string | null
  readonly team: string | null
  readonly session: string | null
  readonly isJson: boolean
  balances(): Promise<readonly Balance[]>
  /** A key of the store by its id; asked for one that `keys` of the file does not have. */
  findKey(id: string): Promise<KeyRecord | null>
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * `lynkr explain`: what would become of a request, without sending it.
 *
 * @returns the exit code: 0; 1 with what the client would be told, if it would be refused; 2 for a key that is none
 */
export async function explain(options: ExplainOptions): Promise<number> {
  const { settings, print, printError, isJson } = options
  const { providers, defaultProvider, aliases, routes } = settings
  if (defaultProvider === null) {
    printError('no provider is configured; `lynkr serve` would answer from its simulator')
    return 1
  }
  try {
    const principal = await tryPrincipal(options)
    if (principal === null) {
      printError(`lynkr: there is no key ${options.key}; \`lynkr keys list\` shows all`)
      return 2
    }
    const explanation = await explainRequest(
      {
        router: createRouter({ providers, defaultProvider, aliases, routes }),
        upstreams: UPSTREAMS,
        clock: systemClock,
        isStrict: settings.strict,
        originatesCacheMarks: settings.promptCacheEnabled,
        capabilities: openCapabilityMap(),
        forms: openFormChooser(),
        prices: openPriceBook({ overrides: settings.prices, ceiling: settings.priceCeiling }),
        budgets: settings.budgets,
        balances: options.balances,
      },
      {
        surface: surfaceFor(options.surface, options.bytes),
        bytes: options.bytes,
        headers: new Headers(options.session === null ? {} : { 'x-session-id': options.session }),
        principal,
      },
    )
    print(isJson ? JSON.stringify(explanation, null, 2) : describe(explanation).join('\n'))
    const isRefused =
      explanation.budget.verdict === 'refused' || explanation.targets.every(({ refusal }) => refusal !== null)
    return isRefused ? 1 : 0
  } catch (thrown) {
    if (!(thrown instanceof ProxyError) && !(thrown instanceof StoreError)) throw thrown
    printError(`${thrown instanceof StoreError ? 'lynkr' : 'refused'}: ${thrown.message}`)
    return 1
  }
}

/** Who would send it; `null` if there is no such key. User and team of the command line go over the key's own. */
async function tryPrincipal({ settings, key: id, findKey, user, team }: ExplainOptions): Promise<Principal | null> {
  const { apiKeys, keys: configured } = settings
  const listed = id === null ? ANONYMOUS : listedPrincipal({ apiKeys, configured }, id)
  const stored = listed !== null || id === null ? null : await findKey(id)
  const principal = listed ?? (stored && principalOf(stored))
  return principal && { ...principal, user: user ?? principal.user, team: team ?? principal.team }
}

function describe({ surface, model, route, session, tokens, costMaxMicroUsd, budget, targets }: Explanation): string[] {
  const { source, pattern } = route
  return [
    `${model}, asked in ${surface}, goes by ${source}${pattern === null ? '' : ` ${pattern}`}`,
    `session  ${session ?? 'not named'}`,
    `tokens   ${tokens.inputCounted} counted; at most ${tokens.inputMax} in and ${tokens.outputMax} out`,
    `cost     ${costMaxMicroUsd === null ? 'unknown' : `at most $${dollars(costMaxMicroUsd)}`}`,
    `budget   ${budget.verdict}${budget.verdict === 'output is clamped' ? ` to ${budget.outputTokens} tokens` : ''}`,
    ...budget.accounts.map(accountLine),
    ...targets.flatMap(targetLines),
  ]
}

function accountLine({ account, unit, limit, left, needed }: AccountVerdict): string {
  const show = (amount: number): string => (unit === 'micro_usd' ? `$${dollars(amount)}` : `${amount} ${unit}`)
  return `         ${account}: needs ${show(needed)}, ${show(left)} left of ${show(limit)}`
}

function targetLines(target: ExplainedTarget, i: number): string[] {
  const { provider, model, url, form, lane, costMaxMicroUsd, dropped, refusal, changes } = target
  const cost = costMaxMicroUsd === null ? 'cost unknown' : `at most $${dollars(costMaxMicroUsd)}`
  return [
    '',
    `${i + 1}. ${provider}/${model}  ${url}  ${lane}${form === null ? '' : ` as ${form}`}, ${cost}`,
    ...(dropped.length === 0 ? [] : [`   lost: ${dropped.join(', ')}`]),
    ...(refusal === null ? [] : [`   refused: ${refusal}`]),
    ...(changes.length === 0 ? ['   the body goes on as it came'] : changes.map(changeLine)),
  ]
}

function changeLine(change: JsonChange): string {
  switch (change.change) {
    case 'added':
      return `   + ${change.path}: ${short(change.to)}`
    case 'removed':
      return `   - ${change.path}: ${short(change.from)}`
    case 'changed':
      return `   ~ ${change.path}: ${short(change.from)} → ${short(change.to)}`
  }
}

const VALUE_CHARS_MAX = 60

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`
}
