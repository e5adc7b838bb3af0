import type { Scheduler } from '../../core/clock.ts'
import type { Layout } from '../../observability/merge.ts'
import type { Configuration, Crew, FromSupervisor, FromWorker, Order, WorkerFacts } from './protocol.ts'

/** The supervisor's answer is there in milliseconds, or what was last told is good enough. */
const REFRESH_MS = 500

/** What a process knows of the workers beside it. A process without any is its own whole truth. */
export interface Peers {
  /** How many share this machine's limits, this one included. */
  readonly workers: number
  facts(): readonly WorkerFacts[]
  /** `null` where there is no crew. */
  crew(): Crew | null
  /** Resolves when what the others know has just been asked for; at once where there are none. Never rejects. */
  refresh(): Promise<void> | void
  /** Lets all others do it too. */
  order(order: Order): void
}

export const ALONE: Peers = {
  workers: 1,
  facts: () => [],
  crew: () => null,
  refresh: () => undefined,
  order: () => undefined,
}

export interface LinkHandlers {
  readonly layout: Layout
  report(): { readonly values: Float64Array; readonly facts: WorkerFacts }
  onTotals(values: Float64Array, peers: readonly WorkerFacts[]): void
  onOrder(order: Order): void
}

/** A worker's end of the channel to its supervisor. */
export interface WorkerLink extends Peers {
  /** What to serve by; `null` if the supervisor has gone before it said so. */
  readonly configuration: Promise<Configuration | null>
  /** From here on it reports, and is told. */
  begin(handlers: LinkHandlers, scheduler: Scheduler): void
  /** The port is open. */
  ready(): void
  /** The port is closed. */
  closed(): void
  onDrain(run: () => void): void
  onStop(run: (how: 'SIGTERM' | 'SIGINT' | 'retire') => void): void
  /** The second signal. */
  onStopNow(run: () => void): void
  /** The last report, then nothing more. */
  close(): void
}

/** What of the process the link uses. */
export interface Channel {
  send(message: FromWorker): void
  onMessage(listen: (message: FromSupervisor) => void): void
  onGone(run: () => void): void
}

/** @param workers of how many this one is one */
export function openWorkerLink(channel: Channel, workers: number): WorkerLink {
  const configuration = Promise.withResolvers<Configuration | null>()
  let handlers: LinkHandlers | null = null
  let peers: readonly WorkerFacts[] = []
  let crew: Crew = { wanted: workers, ready: 0 }
  let asked = 0
  let waiting: { readonly id: number; wake(): void }[] = []
  let time: Scheduler | null = null
  let toldEarly: 'SIGTERM' | 'SIGINT' | 'retire' | null = null
  const listeners: Listeners = {
    drain: nothing,
    now: nothing,
    stop(how) {
      toldEarly = how
    },
  }

  function report(): void {
    if (handlers !== null) channel.send({ type: 'report', ...handlers.report() })
  }

  function onTotals(message: FromSupervisor & { type: 'totals' }): void {
    peers = message.peers
    crew = message.crew
    handlers?.onTotals(message.values, message.peers)
    for (const { id, wake } of waiting) if (id <= message.answers) wake()
    waiting = waiting.filter(({ id }) => id > message.answers)
  }

  channel.onMessage((message) => {
    switch (message.type) {
      case 'configuration':
        return configuration.resolve(message.configuration)
      case 'report':
        return report()
      case 'totals':
        return onTotals(message)
      case 'order':
        return handlers?.onOrder(message.order)
      case 'drain':
        return listeners.drain()
      case 'stop':
        return message.how === 'now' ? listeners.now() : listeners.stop(message.how)
    }
  })
  channel.onGone(() => {
    configuration.resolve(null)
    listeners.stop('SIGTERM')
  })

  return {
    workers,
    configuration: configuration.promise,
    facts: () => peers,
    crew: () => crew,
    refresh() {
      if (time === null) return
      const { after } = time
      return new Promise((resolve) => {
        const id = ++asked
        const cancel = after(REFRESH_MS, () => {
          waiting = waiting.filter((other) => other.id !== id)
          resolve()
        })
        const wake = (): void => {
          cancel()
          resolve()
        }
        waiting.push({ id, wake })
        channel.send({ type: 'refresh', id })
      })
    },
    order: (order) => channel.send({ type: 'order', order }),
    begin(given, scheduler) {
      handlers = given
      time = scheduler
      channel.send({ type: 'hello', layout: given.layout })
    },
    ready() {
      report()
      channel.send({ type: 'ready' })
    },
    closed: () => channel.send({ type: 'closed' }),
    onDrain(run) {
      listeners.drain = run
    },
    onStop(run) {
      listeners.stop = run
      if (toldEarly !== null) run(toldEarly)
    },
    onStopNow(run) {
      listeners.now = run
    },
    close() {
      report()
      handlers = null
    },
  }
}

interface Listeners {
  drain: () => void
  stop: (how: 'SIGTERM' | 'SIGINT' | 'retire') => void
  now: () => void
}

function nothing(): void {
  // Nobody listens yet.
}
