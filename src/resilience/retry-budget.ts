/** What is always granted, so that a single user's first failure is retried. */
const FLOOR_TOKENS = 10
const TOKENS_PER_SUCCESS = 0.1
const RELAX_MS = 30_000

/**
 * Token bucket that keeps retries of one target under 10 % of its recent requests.
 *
 * A retry costs one token, a success earns 0.1, and the balance relaxes toward its floor of 10 with a time constant of
 * 30 s: `tokens(t) = 10 + (tokens(0) - 10) · e^(-t/30s)`. So a surplus is forgotten, and a spent floor comes back.
 * Only successes earn: an outage ends its own retries.
 *
 * Worked number: 200 healthy requests a second hold 10 + 20·30 = 610 tokens. A total outage of 60 s spends these and
 * the 60 · 10/30 = 20 that come back: at most 630 retries of 12,000 requests, an amplification of 1.053.
 *
 * @see gRPC proposal A6, "Throttling retry attempts and hedged RPCs", for earning by success
 */
export interface RetryBudget {
  tokens: number
  atMs: number
}

export function newRetryBudget(nowMs: number): RetryBudget {
  return { tokens: FLOOR_TOKENS, atMs: nowMs }
}

/** Counts a request that the target answered well. */
export function earn(budget: RetryBudget, nowMs: number): void {
  relax(budget, nowMs)
  budget.tokens += TOKENS_PER_SUCCESS
}

export function canRetry(budget: RetryBudget, nowMs: number): boolean {
  relax(budget, nowMs)
  return budget.tokens >= 1
}

/** Pays for one retry; false, and nothing paid, if the budget is spent. */
export function trySpend(budget: RetryBudget, nowMs: number): boolean {
  if (!canRetry(budget, nowMs)) return false
  budget.tokens -= 1
  return true
}

function relax(budget: RetryBudget, nowMs: number): void {
  const elapsedMs = nowMs - budget.atMs
  if (!(elapsedMs > 0)) return
  budget.tokens = FLOOR_TOKENS + (budget.tokens - FLOOR_TOKENS) * Math.exp(-elapsedMs / RELAX_MS)
  budget.atMs = nowMs
}
