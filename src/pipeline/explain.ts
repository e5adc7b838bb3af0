import type { Principal } from '../auth/principal.ts'
import { type BudgetVerdict, budgetVerdict } from '../budget/budget-verdict.ts'
import { estimatedAmounts, worstCase } from '../budget/estimate.ts'
import { FREE } from '../budget/prices.ts'
import { accountsOf, type BudgetRule, countsSpending } from '../budget/rule.ts'
import type { Envelope, Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import { type JsonChange, jsonChanges } from '../core/json-changes.ts'
import type { Balance } from '../core/store.ts'
import { chatPath, type Target, targetUrl } from '../core/target.ts'
import { countTokens } from '../dialect/tokens/count-tokens.ts'
import type { RouteSource } from '../routing/router.ts'
import { spread } from '../routing/spread.ts'
import { permittedBody, permittedTargets } from './authorize.ts'
import { isPricedAt } from './bill.ts'
import { refuseLoss } from './loss.ts'
import type { PipelineDeps } from './ports.ts'
import { prepare } from './prepare.ts'
import { type RequestBody, readRequestBody } from './request-body.ts'
import { subjectOf, withOutputLimit } from './reserve.ts'
import { openingOf, sessionOf } from './session.ts'
import { withoutUnpriced } from './unpriced.ts'
import { askedOf, dearest, worstAt } from './worst-case.ts'

/** Changes of one body that are told; a conversation written for another dialect changes everywhere. */
const CHANGES_TOLD_MAX = 500

export type ExplainDeps = Pick<
  PipelineDeps,
  'router' | 'forms' | 'upstreams' | 'clock' | 'isStrict' | 'capabilities' | 'originatesCacheMarks'
> & {
  readonly prices: PipelineDeps['spending']['prices']
  readonly budgets: readonly BudgetRule[]
  /** How they stand; asked only if there are any. */
  balances(): Promise<readonly Balance[]>
}

export interface ExplainInput {
  readonly surface: Surface
  readonly bytes: Uint8Array
  /** As the client would send them. */
  readonly headers: Headers
  readonly principal: Principal
}

/** What would become of a request. Costs in micro-dollars; `null` where nobody knows the price. */
export interface Explanation {
  readonly surface: string
  readonly model: string
  readonly route: { readonly source: RouteSource; readonly pattern: string | null }
  /** By what a weighted route chooses; `null` if the client names none. */
  readonly session: string | null
  readonly tokens: { readonly inputCounted: number; readonly inputMax: number; readonly outputMax: number }
  readonly costMaxMicroUsd: number | null
  readonly budget: BudgetVerdict
  /** In the order in which they would be tried. */
  readonly targets: readonly ExplainedTarget[]
}

export interface ExplainedTarget {
  readonly provider: string
  readonly model: string
  readonly url: string
  readonly dialect: string
  /** Row of the form of the vendor that the request takes; `null` where it is the provider's own. */
  readonly form: string | null
  readonly lane: 'passthrough' | 'transcode'
  readonly costMaxMicroUsd: number | null
  /** What the request would lose there. */
  readonly dropped: readonly string[]
  /** Why it would be refused before it was sent, or `null`. */
  readonly refusal: string | null
  readonly changes: readonly JsonChange[]
  /** The body that would be sent. */
  readonly body: unknown
}

/**
 * Route, targets, converted bodies, losses, the most it can cost and what the budgets would say: all that is decided
 * before a request is sent, by the same functions, and nothing is sent, set aside or counted.
 *
 * @throws ProxyError what the client would get: `invalid_request`, `unknown_model`, `forbidden`
 */
export async function explainRequest(deps: ExplainDeps, input: ExplainInput): Promise<Explanation> {
  const { surface, headers, principal } = input
  const asked = permittedBody({ principal, inbound: { surface } }, readRequestBody(input.bytes, surface))
  const { model, json } = asked.envelope
  const { source, pattern, targets: routed } = deps.router.explain(model)
  const session = sessionOf(headers, json)
  const ordered = spread(permittedTargets({ principal }, model, routed), () => session ?? openingOf(json))
  const targets = deps.forms.speaking(ordered, surface.id, deps.clock.wallMs())
  const [first] = targets
  if (first === undefined) throw new ProxyError('internal', 'a route without targets')
  const subject = subjectOf({ principal }, targets)
  const accounts = accountsOf(deps.budgets, subject)
  const body = withoutUnpriced(asked, {
    countsSpending: countsSpending(deps.budgets, accounts),
    countsDollars: accounts.some(({ rule }) => rule.unit === 'usd'),
    isPriced: isPricedAt(deps.prices, targets, deps.clock.wallMs()),
  })
  const most = askedOf(surface, body, targets)
  const { inputTokens: inputMax, outputTokens: outputMax } = most
  const bounds = targets.map((target) => worstAt(most, target, deps.prices, deps.clock.wallMs()))
  const known = bounds.filter((bound) => bound !== null)
  const estimate = known.length === 0 ? worstCase(inputMax, outputMax, FREE) : dearest(known)
  const budget = budgetVerdict(deps.budgets, deps.budgets.length === 0 ? [] : await deps.balances(), {
    subject,
    estimate,
    wallMs: deps.clock.wallMs(),
  })
  const isLimited = budget.accounts.length > 0 && budget.outputTokens !== null
  const limited = isLimited ? withOutputLimit(surface, body, budget.outputTokens) : body
  return {
    surface: surface.id,
    model,
    route: { source, pattern },
    session,
    tokens: { inputCounted: countTokens(surface.decodeRequest(body.envelope), first.model), inputMax, outputMax },
    costMaxMicroUsd: known.length < targets.length ? null : estimatedAmounts(estimate).microUsd,
    budget,
    targets: targets.map((target, i) => {
      const bound = bounds[i] ?? null
      const costMaxMicroUsd = bound && estimatedAmounts(bound).microUsd
      return explainTarget(deps, { ...input, asked: json, body: limited, target, costMaxMicroUsd })
    }),
  }
}

interface OneTarget extends ExplainInput {
  /** The body as it came. */
  readonly asked: Envelope['json']
  readonly body: RequestBody
  readonly target: Target
  readonly costMaxMicroUsd: number | null
}

function explainTarget(
  deps: ExplainDeps,
  { surface, headers, asked, body, target, costMaxMicroUsd }: OneTarget,
): ExplainedTarget {
  const { provider, model } = target
  const prepared = prepare(
    body,
    { surface, headers },
    {
      upstream: deps.upstreams[provider.dialect],
      target,
      stripNames: deps.capabilities.stripsOf(target, deps.clock.wallMs()),
      originatesCacheMarks: deps.originatesCacheMarks,
    },
  )
  const sent = parseExact(typeof prepared.body === 'string' ? prepared.body : utf8.decode(prepared.body))
  return {
    provider: provider.id,
    model,
    url: targetUrl(target, chatPath(provider.paths, body.envelope.stream)),
    dialect: provider.dialect,
    form: provider.form ?? null,
    lane: prepared.lane,
    costMaxMicroUsd,
    dropped: prepared.dropped,
    refusal: refusalOf(prepared.dropped, headers, deps.isStrict),
    changes: jsonChanges(asked, sent, CHANGES_TOLD_MAX),
    body: sent,
  }
}

const utf8 = new TextDecoder()

function refusalOf(dropped: readonly string[], headers: Headers, isStrict: boolean): string | null {
  try {
    refuseLoss(dropped, headers, isStrict)
    return null
  } catch (thrown) {
    if (thrown instanceof ProxyError) return thrown.message
    throw thrown
  }
}
