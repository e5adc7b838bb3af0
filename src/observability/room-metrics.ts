import { SCOPE_KINDS } from '../budget/rule.ts'
import type { CommandResult } from '../core/commands.ts'
import { COMMAND_SECONDS } from './bounds.ts'
import { LabelSet } from './label-set.ts'
import type { Registry } from './registry.ts'

const CACHE_RESULTS = ['hit', 'miss', 'bypass'] as const
const RATE_LIMITS = ['requests', 'tokens', 'concurrent'] as const
/** How a run of a command ended, those that never began included. */
export const RUN_ENDINGS = [
  'exited',
  'timeout',
  'output_cap',
  'cancelled',
  'denied',
  'unavailable',
] as const satisfies readonly (CommandResult['ending'] | 'denied' | 'unavailable')[]

/** What became of a change of the configuration file. */
const RELOAD_RESULTS = ['applied', 'rejected'] as const

export type ReloadResult = (typeof RELOAD_RESULTS)[number]
export type CacheResult = (typeof CACHE_RESULTS)[number]
export type RateLimit = (typeof RATE_LIMITS)[number]
export type RunEnding = (typeof RUN_ENDINGS)[number]

/** Metrics of the rooms beside the main line: limiter, response cache, budgets, sandbox. */
export function declareRooms(registry: Registry, provider: LabelSet, hasOwnCache: boolean) {
  const labels = {
    cacheResult: new LabelSet('result', CACHE_RESULTS, { isOpen: false }),
    budgetScope: new LabelSet('scope', SCOPE_KINDS, { isOpen: false }),
    rateLimit: new LabelSet('limit', RATE_LIMITS, { isOpen: false }),
    reloadResult: new LabelSet('result', RELOAD_RESULTS, { isOpen: false }),
    runEnding: new LabelSet('ending', RUN_ENDINGS, { isOpen: false }),
  }
  return {
    roomLabels: labels,
    ...declareRouting(registry, provider, labels.reloadResult),
    ...declareLimits(registry, provider, labels.rateLimit),
    ...declareCache(registry, labels.cacheResult, hasOwnCache),
    ...declareBudget(registry, labels.budgetScope),
    ...declareSandbox(registry, labels.runEnding),
  }
}

function declareRouting(registry: Registry, provider: LabelSet, reloadResult: LabelSet) {
  return {
    capabilitiesLearned: registry.counter({
      name: 'lynkr_capabilities_learned_total',
      help: 'Requests that a provider took once features were left out that it had refused by name.',
      labels: [provider],
    }),
    configReloads: registry.counter({
      name: 'lynkr_config_reloads_total',
      help: 'Changes of the configuration while lynkr runs; rejected: the file was wrong, and the one before holds.',
      labels: [reloadResult],
    }),
  }
}

function declareLimits(registry: Registry, provider: LabelSet, rateLimit: LabelSet) {
  return {
    limiterLimit: registry.gauge({
      name: 'lynkr_limiter_limit',
      help: 'Requests that the adaptive concurrency limit lets through to a provider at once, over its models that were asked.',
      labels: [provider],
    }),
    limiterInflight: registry.gauge({
      name: 'lynkr_limiter_inflight',
      help: 'Requests under way at a provider.',
      labels: [provider],
    }),
    rateLimited: registry.counter({
      name: 'lynkr_rate_limited_total',
      help: 'Requests refused by a limit of their key.',
      labels: [rateLimit],
    }),
  }
}

function declareCache(registry: Registry, result: LabelSet, hasOwnCache: boolean) {
  // Of one that they share each worker tells the whole.
  const merge = hasOwnCache ? 'sum' : 'max'
  return {
    cacheLookups: registry.counter({
      name: 'lynkr_cache_lookups_total',
      help: 'Requests by what the response cache had for them; bypass: it may not answer them.',
      labels: [result],
    }),
    cacheEntries: registry.gauge({
      name: 'lynkr_cache_entries',
      help: 'Answers in the embedded response cache; Redis counts its own.',
      merge,
    }),
    cacheBytes: registry.gauge({
      name: 'lynkr_cache_bytes',
      help: 'Size of the embedded response cache.',
      unit: 'bytes',
      merge,
    }),
    cacheSaved: registry.counter({
      name: 'lynkr_cache_saved_usd_total',
      help: 'What the answers of the response cache would have cost, in US dollars.',
      scale: 'micro',
    }),
  }
}

function declareBudget(registry: Registry, scope: LabelSet) {
  return {
    budgetSpent: registry.counter({
      name: 'lynkr_budget_spent_usd_total',
      help: 'US dollars charged to budgets, by the kind of account.',
      scale: 'micro',
      labels: [scope],
    }),
    budgetReserved: registry.gauge({
      name: 'lynkr_budget_reserved_usd',
      help: 'US dollars set aside for requests under way, by the kind of account; 0 at rest.',
      scale: 'micro',
      labels: [scope],
    }),
    budgetRefused: registry.counter({
      name: 'lynkr_budget_refused_total',
      help: 'Requests refused because a budget is spent, by the kind of account.',
      labels: [scope],
    }),
    webhooksLost: registry.counter({
      name: 'lynkr_webhooks_lost_total',
      help: 'Calls of the budget webhook that came to nothing: not reached, refused, or too many under way.',
    }),
    budgetSoftLimits: registry.counter({
      name: 'lynkr_budget_soft_limits_total',
      help: 'Budgets that have reached their soft limit, by the kind of account.',
      labels: [scope],
    }),
  }
}

function declareSandbox(registry: Registry, ending: LabelSet) {
  return {
    sandboxRuns: registry.counter({
      name: 'lynkr_sandbox_runs_total',
      help: 'Commands asked for, by how their run ended.',
      labels: [ending],
    }),
    sandboxRunning: registry.gauge({ name: 'lynkr_sandbox_running', help: 'Commands running now.' }),
    sandboxSeconds: registry.histogram(
      {
        name: 'lynkr_sandbox_run_seconds',
        help: 'Duration of a command, its container’s start and end included.',
        unit: 'seconds',
      },
      COMMAND_SECONDS,
    ),
  }
}
