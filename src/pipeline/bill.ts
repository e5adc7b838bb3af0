import type { Estimate } from '../budget/estimate.ts'
import type { BudgetGate } from '../budget/gate.ts'
import type { Hold } from '../budget/hold.ts'
import type { PriceBook } from '../budget/price-book.ts'
import { billMicroUsd, type ModelPrices, NO_FEES } from '../budget/prices.ts'
import { type RateLimited, type RateLimiter, type RatePermit, rateLimitedError } from '../budget/rate-limit.ts'
import { type RateRoom, scarcest } from '../budget/rate-room.ts'
import type { Subject } from '../budget/rule.ts'
import type { Clock } from '../core/clock.ts'
import { extrasOf } from '../core/extras.ts'
import type { Target } from '../core/target.ts'
import { totalTokens, type Usage, withoutPart } from '../core/usage.ts'
import type { SpendingListener } from './spending.ts'

/** What a request needs of money's rooms. */
export interface BillDeps {
  readonly clock: Clock
  readonly spending: {
    readonly gate: Pick<BudgetGate, 'reserve' | 'settle' | 'release'>
    readonly prices: PriceBook
    readonly limiter: RateLimiter
    readonly listener: SpendingListener
  }
}

const NO_ROOM: readonly RateRoom[] = []

/**
 * What one request holds of limits and budgets. Its exchange closes it once, whatever the ending; what is acquired
 * after that goes back at once.
 */
export class Bill {
  readonly #deps: BillDeps
  readonly #permits: RatePermit[] = []
  #hold: Hold | null = null
  /** The prices that the worst case was estimated with: a reload may leave the model without one meanwhile. */
  #prices: PriceBook | null = null
  #isClosed = false

  constructor(deps: BillDeps) {
    this.#deps = deps
  }

  /**
   * Takes a place under each of the limits, or none.
   *
   * @throws ProxyError `rate_limited`
   */
  async limit(limited: readonly RateLimited[], tokens: number): Promise<void> {
    const { clock, spending } = this.#deps
    const verdict = await spending.limiter.acquire(limited, tokens, clock.wallMs())
    if (verdict.kind === 'limited') {
      spending.listener.onRateLimited(verdict.unit)
      throw rateLimitedError(verdict)
    }
    this.#permits.push(verdict.permit)
    if (this.#isClosed) verdict.permit.release(0, clock.wallMs())
  }

  /**
   * Sets the worst case aside.
   *
   * @returns the output tokens that may be asked for, at once where nothing must be waited for
   * @throws ProxyError `budget_exhausted`
   */
  reserve(subject: Subject, estimate: Estimate): number | Promise<number> {
    const { gate, prices } = this.#deps.spending
    this.#prices = prices
    const hold = gate.reserve(subject, estimate)
    return hold instanceof Promise ? hold.then((late) => this.#keep(late)) : this.#keep(hold)
  }

  #keep(hold: Hold): number {
    this.#hold = hold
    this.#deps.spending.listener.onHeld(hold)
    if (this.#isClosed) this.#closeHold(null, 0)
    return hold.outputTokens
  }

  /** What is left under lynkr's own rate limits; empty where there are none. */
  room(): readonly RateRoom[] {
    return this.#permits.length === 0 ? NO_ROOM : scarcest(this.#permits.flatMap(({ room }) => room))
  }

  /** Budgets of this request that have reached their soft limit, in words for a header; `null` if none has. */
  warning(): string | null {
    let near: string | null = null
    if (this.#hold === null) return null
    for (const { slice, amount } of this.#hold.lines) {
      const { rule, name } = slice.account
      // What this request set aside for its own worst case is not spent yet.
      const used = slice.used + slice.pending - amount
      if (used < rule.cap * rule.softRatio) continue
      const resets = new Date(slice.window.endWallMs).toISOString().slice(0, 16)
      const one = `${name} used=${Math.floor((used / rule.cap) * 100)}% resets=${resets}Z`
      near = near === null ? one : `${near}, ${one}`
    }
    return near
  }

  /**
   * Charges what was used, gives the rest back. The first call counts.
   *
   * @param usage `null` if nothing was answered: nothing is charged
   * @returns the cost in micro-dollars, `null` if there is none or nobody knows the price
   */
  close(target: Target | null, usage: Usage | null): number | null {
    if (this.#isClosed) return null
    this.#isClosed = true
    const { clock, spending } = this.#deps
    const wallMs = clock.wallMs()
    const cost =
      usage === null || target === null ? null : costOf(this.#prices ?? spending.prices, target, usage, wallMs)
    for (const permit of this.#permits) permit.release(usage === null ? 0 : totalTokens(usage), wallMs)
    this.#closeHold(usage, cost ?? 0)
    return cost
  }

  #closeHold(usage: Usage | null, microUsd: number): void {
    const hold = this.#hold
    if (hold === null) return
    const { gate, listener } = this.#deps.spending
    if (usage === null) gate.release(hold)
    else gate.settle(hold, { microUsd, tokens: totalTokens(usage) })
    listener.onReturned(hold, usage === null ? 0 : microUsd)
  }
}

/**
 * The cost of an answer: by the operator's own price; else what the server says, if that is what it bills; else by the table.
 *
 * @returns micro-dollars, `null` where nobody knows the price
 */
export function costOf(book: PriceBook, { provider, model }: Target, usage: Usage, wallMs: number): number | null {
  const quote = book.quote(provider.id, model, wallMs, provider.row)
  const { extras } = usage
  if (extras === undefined) return quote && billMicroUsd(usage, quote.prices)
  const isTold = extras.toldMicroUsd !== null && provider.quirks.tellsCost === true
  if (isTold && quote?.source !== 'operator') return extras.toldMicroUsd
  if (quote === null) return null
  const { rates, others, webSearches, fileSearches } = extras
  const fees = webSearches + fileSearches === 0 ? NO_FEES : book.fees(provider.id, model, wallMs, provider.row)
  const own = others.reduce((rest, other) => withoutPart(rest, other.usage), usage)
  let microUsd = billMicroUsd(own, quote.prices, fees)
  for (const other of others) {
    const { prices } = book.quote(provider.id, other.model || model, wallMs, provider.row) ?? quote
    microUsd += billMicroUsd({ ...other.usage, ...extrasOf({ rates, mediaTokens: other.mediaTokens }) }, prices)
  }
  return microUsd
}

/** Whether a tier of service has a known price at all of the targets that have any. */
export function isPricedAt(book: PriceBook, targets: readonly Target[], wallMs: number): (tier: unknown) => boolean {
  return (tier) =>
    targets.every((target) => {
      const prices = pricesOf(book, target, wallMs)
      return prices === null || (typeof tier === 'string' && prices.rates?.has(tier) === true)
    })
}

export function pricesOf(book: PriceBook, { provider, model }: Target, wallMs: number): ModelPrices | null {
  return book.quote(provider.id, model, wallMs, provider.row)?.prices ?? null
}
