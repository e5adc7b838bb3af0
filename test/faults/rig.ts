import { readdirSync } from 'node:fs'
import { type Clock, type Scheduler, systemScheduler } from '../../src/core/clock.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import type { Provider } from '../../src/core/target.ts'
import type { Transport } from '../../src/core/transport.ts'
import type { Timeouts } from '../../src/pipeline/ports.ts'
import {
  openProtections,
  PROTECTION,
  type ProtectionOptions,
  type Protections,
} from '../../src/pipeline/protections.ts'
import type { BreakerOutcome } from '../../src/resilience/breaker.ts'
import type { Routes } from '../../src/routing/router.ts'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { CHAT_PROVIDER, HELLO, openProxy, type TestProxy } from '../support/proxy.ts'
import { type Books, openBooks } from './books.ts'

export type Lane = 'passthrough' | 'transcode'

export interface RigOptions {
  readonly lane?: Lane
  readonly provider?: Partial<Provider>
  readonly simulator?: SimulatorOptions
  readonly protection?: ProtectionOptions
  readonly routes?: Partial<Routes>
  /** What differs from a minute each: only a row about silence may be hurried, for a loaded machine is silent too. */
  readonly timeouts?: Partial<Timeouts>
  readonly transport?: Transport
  readonly clock?: Clock
  /** The system's, if absent; its timers are counted. */
  readonly scheduler?: Scheduler
}

/** A proxy whose protections, attempts, and timers can be counted; backoff is drawn as 0, so that nothing waits. */
export interface Rig {
  readonly proxy: TestProxy
  readonly protections: Protections
  /** What breaker and limiter learnt, attempt by attempt. */
  readonly outcomes: readonly BreakerOutcome[]
  readonly states: readonly string[]
  readonly books: Books
  runningTimers(): number
  ask(stream: boolean, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly record: RequestRecord
}

export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const outcomes: BreakerOutcome[] = []
  const states: string[] = []
  const lane = options.lane === 'transcode' ? CHAT_PROVIDER : {}
  const books = openBooks(['anthropic', 'openai'])
  const protections = openProtections(options.protection ?? PROTECTION, {
    onInflight: () => undefined,
    onAttempt(provider, outcome) {
      outcomes.push(outcome)
      books.attempted(provider, outcome)
    },
    onRetry: (provider) => books.metrics.countRetry(provider),
    onShed: () => undefined,
    onBreakerChange: (_, state) => void states.push(state),
    onPing: () => undefined,
  })
  const { scheduler, running } = countingScheduler(options.scheduler ?? systemScheduler)
  const proxy = await openProxy({
    ...(options.simulator !== undefined && { simulator: options.simulator }),
    provider: { ...lane, ...options.provider },
    timeouts: { firstEventMs: 60_000, idleMs: 60_000, pingMs: 60_000, ...options.timeouts },
    scheduler,
    ...(options.clock !== undefined && { clock: options.clock }),
    onSettled: (record) => books.settled(record),
    ...(options.routes !== undefined && { routes: options.routes }),
    pipeline: {
      protections,
      random: () => 0,
      spending: books.spending,
      ...(options.transport !== undefined && { transport: options.transport }),
    },
  })
  return {
    proxy,
    protections,
    outcomes,
    states,
    books,
    runningTimers: running,
    async ask(stream, headers = {}) {
      const before = proxy.records.length
      const response = await fetch(`${proxy.url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...HELLO, stream }),
      })
      const text = await response.text()
      const records = await proxy.settled(before + 1)
      const record = records[before]
      if (record === undefined) throw new Error('the request was not settled')
      return { status: response.status, headers: response.headers, text, record }
    },
  }
}

export function countingScheduler(counted: Scheduler): { scheduler: Scheduler; running: () => number } {
  const timers = new Set<object>()
  const scheduler: Scheduler = {
    after(delayMs, run) {
      const timer = {}
      timers.add(timer)
      const cancel = counted.after(delayMs, () => {
        timers.delete(timer)
        run()
      })
      return () => {
        timers.delete(timer)
        cancel()
      }
    },
    every: (intervalMs, run) => counted.every(intervalMs, run),
  }
  return { scheduler, running: () => timers.size }
}

/** Open descriptors of this process. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}
