import { type Clock, type Scheduler, sleep } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { Logger } from '../../observability/logger.ts'
import type { ReloadResult } from '../../observability/room-metrics.ts'
import { backoffMs } from '../../resilience/backoff.ts'
import { openLastingOrders } from './lasting-orders.ts'
import type { Configuration, Crew, FromWorker, Order } from './protocol.ts'
import { openPulse } from './pulse.ts'
import { openReports } from './reports.ts'
import type { WorkerProcess } from './spawn-worker.ts'

/** A worker that ends this soon after its start has failed; one that lived longer begins with a clean slate. */
const SETTLED_MS = 60_000
const RESTART = { baseMs: 200, capMs: 30_000 }
/** At least this long between two starts in one place. */
const RESTART_MS_MIN = 100
/** So often one is tried that starts after the first of its kind. */
const STARTS_MAX = 5
const REPORT_EVERY_MS = 1_000
/** An old worker that does not close its port in this time holds nobody up. */
const CLOSE_MS_MAX = 5_000

/** How many workers there are to be, and by what they serve. */
export interface Plan {
  readonly workers: number
  /** How long one may take to end. */
  readonly graceMs: number
  readonly configuration: Configuration
}

export interface CrewOptions {
  readonly clock: Clock
  readonly scheduler: Scheduler
  readonly random: Random
  readonly logger: Logger
  spawn(plan: Plan, onMessage: (message: FromWorker) => void): WorkerProcess
}

interface Worker extends WorkerProcess {
  readonly startedMs: number
  readonly graceMs: number
  /** False: it ended before. */
  readonly ready: PromiseWithResolvers<boolean>
  /** Resolves when it accepts no connection any more, or is gone. */
  readonly closed: PromiseWithResolvers<void>
  isReady: boolean
  /** It was told to go: its end is no failure. */
  isLeaving: boolean
  /** How often in a row a worker of this place has ended early. */
  failures: number
}

/** The workers of one lynkr: started, started again, replaced, told, and ended. */
export interface CrewControl {
  /**
   * Starts them, the first alone: it makes what the others find. Resolves with `null`, or with the exit code of the first
   * if it ended before it was ready, or of another that did so time and again, which is then the whole program's.
   */
  start(plan: Plan): Promise<number | null>
  /**
   * Replaces every worker, one after the other, each only when the next is ready; first lets all start that are about to.
   * Resolves when none of the old ones takes a request any more. One that ends unasked is started again by the plan of
   * which a worker has come to be ready last.
   *
   * @returns whether it did, or stayed as it is
   */
  roll(plan: Plan): Promise<boolean>
  /** Turns debug lines off in all where they were turned on last, else on. @param isConfigured where nobody has turned them */
  turnDebug(isConfigured: boolean): void
  /** Lets one of the workers count what became of a changed configuration, so that the sum is right. */
  count(result: ReloadResult): void
  drain(): void
  /**
   * Ends all, and kills those that still live so much later than the last of them should. Resolves, when the last is
   * gone, with 0 if each ended well.
   */
  stop(how: 'SIGTERM' | 'SIGINT', killAfterMs: number): Promise<number>
  /** The second signal. */
  stopNow(): void
  kill(): void
}

export function openCrew(options: CrewOptions): CrewControl {
  const { clock, scheduler, random, logger } = options
  const workers = new Set<Worker>()
  let plan: Plan = { workers: 0, graceMs: 0, configuration: { file: null, text: null } }
  let isStopping = false
  let isDraining = false
  const lasting = openLastingOrders()
  let starting: Promise<number | null> = Promise.resolve(null)
  const crew = (): Crew => ({
    wanted: plan.workers,
    ready: [...workers].filter((worker) => worker.isReady && !worker.isLeaving && pulse.isFelt(worker)).length,
  })
  const pulse = openPulse<Worker>()
  const reports = openReports(scheduler, crew)
  const cancelReports = scheduler.every(REPORT_EVERY_MS, () => {
    for (const worker of pulse.ask()) giveUp(worker)
    reports.refresh(null)
  })

  function launch(failures: number): Worker {
    const child = options.spawn(plan, (message) => hear(worker, message))
    const worker: Worker = {
      ...child,
      startedMs: clock.nowMs(),
      graceMs: plan.graceMs,
      ready: Promise.withResolvers(),
      closed: Promise.withResolvers(),
      isReady: false,
      isLeaving: false,
      failures,
    }
    workers.add(worker)
    void child.exited.then((code) => {
      worker.ready.resolve(false)
      worker.closed.resolve()
      workers.delete(worker)
      pulse.forget(worker)
      reports.part(worker)
      onEnd(worker, { worker_pid: worker.pid, code })
    })
    return worker
  }

  function hear(worker: Worker, message: FromWorker): void {
    switch (message.type) {
      case 'hello':
        pulse.begin(worker)
        return reports.join(worker, message.layout)
      case 'report':
        pulse.heard(worker)
        return reports.take(worker, message.values, message.facts)
      case 'refresh':
        return reports.refresh({ worker, id: message.id })
      case 'order':
        return tellOthers(worker, message.order)
      case 'ready':
        worker.isReady = true
        if (isDraining) worker.send({ type: 'drain' })
        for (const order of lasting.all(clock.nowMs())) worker.send({ type: 'order', order })
        return worker.ready.resolve(true)
      case 'closed':
        worker.closed.resolve()
        return onEnd(worker, { worker_pid: worker.pid })
    }
  }

  function tellOthers(sender: Worker | null, order: Order): void {
    lasting.note(order, clock.nowMs())
    for (const worker of workers) if (worker !== sender) worker.send({ type: 'order', order })
  }

  /** It neither serves nor ends, and the system goes on leading connections to it. */
  function giveUp(worker: Worker): void {
    logger.error({ worker_pid: worker.pid }, 'a worker does not answer any more; it is killed')
    worker.kill()
  }

  /** One that nobody sent away is replaced as soon as it takes no request: at once the first time, later ever more slowly. */
  function onEnd(worker: Worker, facts: Readonly<Record<string, number>>): void {
    if (worker.isLeaving || isStopping || !worker.isReady) return
    worker.isLeaving = true
    again(clock.nowMs() - worker.startedMs > SETTLED_MS ? 1 : worker.failures + 1, facts)
  }

  const restartMs = (failures: number): number => RESTART_MS_MIN + backoffMs(failures, 0, RESTART, random)

  function again(failures: number, facts: Readonly<Record<string, number>>): void {
    const delayMs = restartMs(failures)
    logger.error({ ...facts, restart_ms: delayMs }, 'a worker ended unasked; it is started again')
    scheduler.after(delayMs, () => {
      if (isStopping || isFull()) return
      const next = launch(failures)
      void next.ready.promise.then((isReady) => {
        if (!isReady && !isStopping && !next.isLeaving) again(failures + 1, { worker_pid: next.pid })
      })
    })
  }

  /** Every place is taken: those who replace all have filled one that was empty, too. */
  function isFull(): boolean {
    return countStaying() >= plan.workers
  }

  function countStaying(): number {
    return [...workers].filter(({ isLeaving }) => !isLeaving).length
  }

  /** A place may have been left empty while those who were to go still stood in it. */
  function fillPlaces(facts: Readonly<Record<string, number>>): void {
    for (let i = countStaying(); i < plan.workers; i++) again(1, facts)
  }

  async function startAll(): Promise<number | null> {
    const first = await addOne()
    if (first !== null || isStopping) return first
    const others = await Promise.all(Array.from({ length: plan.workers - 1 }, addPatiently))
    return others.find((code) => code !== null) ?? null
  }

  async function addOne(): Promise<number | null> {
    const worker = launch(0)
    return (await worker.ready.promise) ? null : worker.exited
  }

  /** For a configuration that a worker serves by already: what keeps another from starting, as want of memory, may pass. */
  async function addPatiently(): Promise<number | null> {
    for (let failures = 1; ; failures++) {
      const code = await addOne()
      if (code === null || isStopping || failures === STARTS_MAX) return code
      const delayMs = restartMs(failures)
      logger.error({ code, restart_ms: delayMs }, 'a new worker did not start; it is tried again')
      await sleep(scheduler, delayMs)
      if (isStopping) return code
    }
  }

  function retire(worker: Worker): void {
    worker.isLeaving = true
    worker.send({ type: 'stop', how: 'retire' })
  }

  /** Whoever asks from now on is answered by those that are left. */
  async function areClosed(leaving: readonly Worker[]): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cancel = scheduler.after(CLOSE_MS_MAX, late.resolve)
    await Promise.race([Promise.all(leaving.map(({ closed }) => closed.promise)), late.promise])
    cancel()
  }

  return {
    start(first) {
      plan = first
      starting = startAll()
      return starting
    },
    async roll(next) {
      if ((await starting) !== null) return false
      const before = plan
      plan = next
      const leaving = [...workers].filter(({ isLeaving }) => !isLeaving)
      for (let i = 0; i < next.workers && !isStopping; i++) {
        const code = await (i === 0 ? addOne() : addPatiently())
        if (isStopping) break
        if (code !== null) {
          plan = i === 0 ? before : { ...next, workers: before.workers }
          const stay = leaving.filter(({ isLeaving }) => !isLeaving).length
          logger.error({ code, new_workers: i, old_workers: stay }, 'a new worker did not start; the old ones stay')
          fillPlaces({ code })
          return false
        }
        const replaced = leaving[i]
        if (replaced !== undefined) retire(replaced)
      }
      if (isStopping) return false
      for (const worker of leaving) if (!worker.isLeaving) retire(worker)
      fillPlaces({})
      await areClosed(leaving)
      logger.info({ workers: next.workers }, 'every worker was replaced')
      return true
    },
    turnDebug: (isConfigured) => tellOthers(null, { type: 'debug', isDebug: !(lasting.isDebug() ?? isConfigured) }),
    count(result) {
      const one = [...workers].find(({ isReady, isLeaving }) => isReady && !isLeaving)
      one?.send({ type: 'order', order: { type: 'count_reload', result } })
    },
    drain() {
      isDraining = true
      for (const worker of workers) worker.send({ type: 'drain' })
    },
    async stop(how, killAfterMs) {
      isStopping = true
      const leaving = [...workers]
      for (const worker of leaving) {
        worker.isLeaving = true
        worker.send({ type: 'stop', how })
      }
      const longestMs = Math.max(0, ...leaving.map(({ graceMs }) => graceMs))
      const cancel = scheduler.after(longestMs + killAfterMs, () => {
        for (const worker of leaving) worker.kill()
      })
      const codes = await Promise.all(leaving.map(({ exited }) => exited))
      cancel()
      cancelReports()
      return codes.every((code) => code === 0) ? 0 : 1
    },
    stopNow() {
      isStopping = true
      for (const worker of workers) worker.send({ type: 'stop', how: 'now' })
    },
    kill() {
      for (const worker of workers) worker.kill()
    },
  }
}
