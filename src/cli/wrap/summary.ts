import type { ModelSnapshot, Snapshot } from '../../observability/snapshot.ts'

/** What a wrapped session came to. Durations in seconds, cost in US dollars. */
export interface WrapSummary {
  readonly client: string
  readonly exit_code: number
  readonly seconds: number
  readonly requests: number
  readonly errors: number
  readonly tokens_input: number
  readonly tokens_output: number
  readonly cost_usd: number
  /** Models that answered and whose price nobody knows: what they cost is not in `cost_usd`. */
  readonly unpriced: readonly string[]
  readonly providers: readonly string[]
}

export function summaryOf(
  client: string,
  exitCode: number,
  durationMs: number,
  { requests, tokens, cost_usd, providers, models }: Snapshot,
): WrapSummary {
  return {
    client,
    exit_code: exitCode,
    seconds: Math.round(durationMs / 100) / 10,
    requests: requests.total,
    errors: requests.errors,
    tokens_input: tokens.input,
    tokens_output: tokens.output,
    cost_usd,
    unpriced: Object.keys(models).filter((name) => isUnpriced(models[name])),
    providers: Object.keys(providers),
  }
}

function isUnpriced(model: ModelSnapshot | undefined): boolean {
  if (model === undefined || model.cost_usd > 0) return false
  return Object.values(model.tokens).some((tokens) => tokens > 0)
}

/** One line for people: `lynkr: 12 requests by anthropic, 48,211 tokens in, 3,214 out, $0.1234, 3 min 12 s`. */
export function summaryLine(summary: WrapSummary): string {
  const { requests, errors, providers, tokens_input, tokens_output, seconds } = summary
  const by = providers.length === 0 ? '' : ` by ${providers.join(', ')}`
  const failed = errors === 0 ? '' : ` (${count(errors)} failed)`
  const parts = [
    `${count(requests)} request${requests === 1 ? '' : 's'}${failed}${by}`,
    `${count(tokens_input)} tokens in`,
    `${count(tokens_output)} out`,
    cost(summary),
    duration(seconds),
  ]
  return `lynkr: ${parts.join(', ')}\n`
}

/** Nothing is not what it cost where no price is known. */
function cost({ cost_usd, unpriced }: WrapSummary): string {
  const known = `$${cost_usd.toFixed(4)}`
  if (unpriced.length === 0) return known
  return cost_usd === 0 ? 'at a price that is not known' : `${known} and what is not known of ${unpriced.join(', ')}`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)} min ${whole % 60} s`
}
