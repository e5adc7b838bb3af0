import type { BreakerOptions, BreakerOutcome, BreakerState } from '../../src/resilience/breaker.ts'

interface Ticket {
  readonly life: object
}

/**
 * The circuit breaker of the specification, written to be obviously right and nothing else: it keeps every result of
 * the present closed period and counts them anew each time. A "life" is one stay in one state; what was permitted in
 * a former life no longer counts.
 */
export class BreakerOracle {
  state: BreakerState = 'closed'
  private life = {}
  private results: { readonly atMs: number; readonly failed: boolean }[] = []
  private probes: ('running' | 'succeeded')[] = []
  private failedOpenings = 0
  private reopensMs = 0

  constructor(private readonly options: BreakerOptions) {}

  ask(nowMs: number): Ticket | 'open' | 'probing' {
    if (this.state === 'open' && nowMs >= this.reopensMs) this.become('half_open')
    if (this.state === 'open') return 'open'
    if (this.state === 'half_open') {
      if (this.probes.length === this.options.probes) return 'probing'
      this.probes.push('running')
    }
    return { life: this.life }
  }

  tell(ticket: Ticket, outcome: BreakerOutcome, nowMs: number): void {
    if (ticket.life !== this.life) return
    if (this.state === 'half_open') this.tellProbe(outcome, nowMs)
    else if (outcome === 'success' || outcome === 'failure') {
      this.results.push({ atMs: nowMs, failed: outcome === 'failure' })
      if (this.hasFailedInARow() || this.hasFailedTooOften(nowMs)) this.open(nowMs)
    }
  }

  reset(): void {
    this.failedOpenings = 0
    this.become('closed')
  }

  private tellProbe(outcome: BreakerOutcome, nowMs: number): void {
    this.probes.splice(this.probes.indexOf('running'), 1)
    if (outcome === 'failure') {
      this.failedOpenings += 1
      this.open(nowMs)
    } else if (outcome === 'success') {
      this.probes.push('succeeded')
      if (this.probes.filter((probe) => probe === 'succeeded').length === this.options.probes) this.reset()
    }
  }

  private hasFailedInARow(): boolean {
    const last = this.results.slice(-this.options.failureThreshold)
    return last.length === this.options.failureThreshold && last.every((result) => result.failed)
  }

  private hasFailedTooOften(nowMs: number): boolean {
    const slice = (atMs: number): number => Math.floor(atMs / (this.options.windowMs / 20))
    const recent = this.results.filter((result) => slice(nowMs) - slice(result.atMs) < 20)
    const ratio = recent.filter((result) => result.failed).length / recent.length
    return recent.length >= this.options.windowRequestsMin && ratio >= this.options.failureRatio
  }

  private open(nowMs: number): void {
    const longestMs = Math.max(this.options.openMs, this.options.openMsMax)
    this.reopensMs = nowMs + Math.min(longestMs, this.options.openMs * 2 ** this.failedOpenings)
    this.become('open')
  }

  private become(state: BreakerState): void {
    this.state = state
    this.life = {}
    this.results = []
    this.probes = []
  }
}
