import { hostname } from 'node:os'
import { openAdminKey } from '../config/admin-key-file.ts'
import { type Environment, readEnvironment, trustsAnybody, usesProxy } from '../config/environment.ts'
import type { Settings } from '../config/load.ts'
import { compileAsUsual, reexecWithEngineSettings } from '../config/reexec.ts'
import { holdingScheduler, systemClock, systemScheduler } from '../core/clock.ts'
import { StoreError } from '../core/store.ts'
import { isSystemError, systemErrorLine, systemProblem } from '../core/system-error.ts'
import type { Transport } from '../core/transport.ts'
import { type Listener, listen } from '../http/listen.ts'
import { createAccessLog } from '../observability/access-log.ts'
import { createFloodGate } from '../observability/flood-gate.ts'
import { createLogger, type Logger } from '../observability/logger.ts'
import { createMetrics, type Metrics } from '../observability/recorder.ts'
import { openStdoutSink } from '../observability/stdout-sink.ts'
import { withConnectTimeout } from '../upstream/connect-timeout.ts'
import { fetchTransport } from '../upstream/fetch-transport.ts'
import { openPooledTransport } from '../upstream/pooled-transport.ts'
import { ABANDONED, whenAbandoned } from './abandoned.ts'
import { adminGuard } from './admin-guard.ts'
import { banner, laneReason } from './banner.ts'
import { type ChosenUpstream, chooseUpstream, routesOf } from './choose-upstream.ts'
import { compose } from './compose.ts'
import { isCacheInMemory } from './compose-cache.ts'
import { type Money, type MoneyOptions, openMoney } from './compose-money.ts'
import { type Lifecycle, openLifecycle } from './lifecycle.ts'
import { onLogLevelSignal } from './log-level.ts'
import { metricLabels } from './metric-labels.ts'
import { openReload, type Reload } from './reload.ts'
import { serveSandbox } from './serve-sandbox.ts'
import { shutDown } from './shutdown.ts'
import { tryListen } from './take-port.ts'
import { openTraces } from './traces.ts'
import { trySettings } from './try-settings.ts'
import { COMMIT, VERSION } from './version.ts'
import type { WorkerLink } from './workers/link.ts'
import { ownLink } from './workers/own-channel.ts'
import { supervise, workerCount } from './workers/supervise.ts'

export interface ServeOptions {
  readonly untilStdinEnds?: boolean
  /** Wins over `LYNKR_WORKERS`. */
  readonly workers?: string
}

/**
 * Runs the proxy until it is told to stop; with several workers, as their supervisor.
 *
 * @returns the exit code: 0 after a clean stop, 1 after a crash or if the port cannot be opened, 2 for a wrong
 *   configuration or a store that cannot be used
 */
export async function serve({ untilStdinEnds = false, workers }: ServeOptions = {}): Promise<number> {
  const environment = withWorkers(readEnvironment(), workers)
  const link = ownLink(environment)
  if (link === null) reexecWithEngineSettings(environment)
  const handed = link === null ? undefined : await link.configuration
  const settings = handed === null ? null : trySettings(environment, handed?.file, handed?.text)
  if (settings === null) return 2
  const hasOwnCache = isCacheInMemory(settings)
  const openMetrics = (): Metrics =>
    createMetrics({ ...metricLabels(settings), hasOwnCache, version: VERSION, commit: COMMIT })
  const metrics = openMetrics()
  const sink = await openStdoutSink({
    isTerminal: process.stdout.isTTY,
    scheduler: systemScheduler,
    isShared: link !== null || workerCount(settings) > 1,
    onDrop: (lines) => metrics.families.logLinesDropped.add(lines),
  })
  const logger = createLogger(sink, { level: settings.logLevel })
  try {
    const abandoned = link === null ? whenAbandoned({ untilStdinEnds, environment, scheduler: systemScheduler }) : null
    if (link === null && workerCount(settings) > 1) {
      compileAsUsual(systemScheduler)
      return await supervise({ settings, environment, logger, abandoned })
    }
    const lifecycle = openLifecycle(logger, systemClock, { abandoned, flush: () => void sink.flush(), link })
    const totals = link === null ? metrics : openMetrics()
    return await serveUntilStopped(settings, environment, { logger, metrics, totals, lifecycle, link })
  } finally {
    await sink.flush()
  }
}

/** The environment with the number of workers that the command line names, if it names one. */
function withWorkers(environment: Environment, workers: string | undefined): Environment {
  return workers === undefined ? environment : { ...environment, LYNKR_WORKERS: workers }
}

/** What serving needs besides settings and environment. */
interface ServeParts {
  readonly logger: Logger
  readonly metrics: Metrics
  /** The metrics of all workers together. */
  readonly totals: Metrics
  readonly lifecycle: Lifecycle
  readonly link: WorkerLink | null
}

async function serveUntilStopped(
  settings: Settings,
  environment: Environment,
  { logger, metrics, totals, lifecycle, link }: ServeParts,
): Promise<number> {
  const logLevel = onLogLevelSignal(logger, settings.logLevel)
  const money = await tryOpenMoney({ settings, logger, metrics: metrics.rooms, workers: link?.workers ?? 1 })
  if (money === null) return 2
  const upstream = await chooseUpstream(settings)
  const admin = settings.adminKey === undefined ? openAdminKey(settings.dataDir) : { secret: settings.adminKey }
  if ('wrong' in admin) logger.warn({}, `there is no admin key, so that nothing of /admin can be used: ${admin.wrong}`)
  const adminKey = 'wrong' in admin ? null : admin.secret
  const tracer = await openTraces(settings, metrics)
  let latest = settings
  const runs = serveSandbox({ settings, latest: () => latest, environment, adminKey, metrics, logger, tracer })
  const { app, protections, close, takeOver } = compose({
    settings,
    routes: upstream.routes,
    logger,
    metrics,
    accessLog: createAccessLog(logger, {
      pid: process.pid,
      hostname: hostname(),
      clock: systemClock,
      gate: createFloodGate(settings.logFloodLines),
    }),
    tracer,
    money,
    signs: upstream.signs,
    pid: link === null ? process.pid : process.ppid,
    isLeaving: () => lifecycle.isLeaving(),
    isUnready: () => lifecycle.isUnready(),
    totals,
    link,
    ...adminGuard(adminKey),
    commands: runs.commands,
    logLevel,
    transport: chooseTransport(settings, environment),
  })
  const { host, port } = settings
  const bind = { host, port, messageBytesMax: settings.bodyBytesMax, isShared: link !== null }
  const listener = await tryListen(() => listen(app, bind), { host, port })
  if (listener === null) return 1
  compileAsUsual(systemScheduler)
  announce(listener.url, settings, upstream, { logger, link, needsKey: !money.authentication.isOpen() })
  const apply = (next: Settings): void => {
    latest = next
    takeOver(next, routesOf(next, upstream))
  }
  // A worker does not reload: its supervisor replaces it by one with the new configuration.
  const reloading = link === null ? openOwnReload(settings, environment, { logger, metrics, lifecycle }, apply) : null

  const { reason, code } = await lifecycle.stopped
  reloading?.close()
  const hasDrained = STOPS_WITHOUT_LEAD.has(reason) || lifecycle.drainedForMs() >= DRAINED_MS
  logger.info({ reason, requests: protections.open.size }, 'shutting down')
  await shutDown({
    timeoutMs: settings.gracefulShutdownTimeoutMs,
    hasDrained,
    isHurried: () => lifecycle.isHurried(),
    listener: link === null ? listener : tellingWhenClosed(listener, link),
    open: [protections.open, runs.open],
    async close() {
      await upstream.stop()
      await close()
    },
    clock: systemClock,
    scheduler: holdingScheduler,
  })
  link?.close()
  logger.info({}, 'stopped')
  return lifecycle.isHurried() ? 1 : code
}

/** A worker's listener, which also tells the supervisor when its port is closed. */
function tellingWhenClosed(listener: Listener, link: Pick<WorkerLink, 'closed'>): Pick<Listener, 'drain' | 'close'> {
  return {
    drain() {
      const drained = listener.drain()
      link.closed()
      return drained
    },
    close: () => listener.close(),
  }
}

function openOwnReload(
  started: Settings,
  environment: Environment,
  { logger, metrics, lifecycle }: Pick<ServeParts, 'logger' | 'metrics' | 'lifecycle'>,
  apply: (next: Settings) => void,
): Reload {
  return openReload({
    environment,
    started,
    apply,
    lifecycle,
    scheduler: systemScheduler,
    logger,
    metrics: metrics.rooms,
  })
}

/** Tells the terminal, the supervisor and the log. */
function announce(
  url: string,
  settings: Settings,
  { routes, isSimulated }: ChosenUpstream,
  { logger, link, needsKey }: Pick<ServeParts, 'logger' | 'link'> & { readonly needsKey: boolean },
): void {
  if (link === null) process.stderr.write(banner({ url, settings, needsKey }))
  link?.ready()
  const because = isSimulated ? {} : { because: laneReason(settings) }
  const provider = routes.defaultProvider.id
  logger.info({ url, version: VERSION, commit: COMMIT, provider, ...because }, 'listening')
  if (isSimulated) logger.warn({}, 'no provider is configured; the embedded simulator answers every request')
}

/**
 * Reasons to stop without the time that lets load balancers notice: at a terminal, and behind `lynkr wrap`, there are
 * none.
 */
const STOPS_WITHOUT_LEAD: ReadonlySet<string> = new Set(['SIGINT', 'SIGHUP', ABANDONED])

/** Time after `lynkr drain` within which every balancer has noticed: kubelets ask for readiness every 5 s. */
const DRAINED_MS = 5_000

/** `null`, after a message on stderr, if the store cannot be used: no proxy is better than one that forgets what it spends. */
async function tryOpenMoney(options: MoneyOptions): Promise<Money | null> {
  try {
    return await openMoney(options)
  } catch (thrown) {
    const isForeseen = thrown instanceof StoreError || isSystemError(thrown)
    if (!isForeseen) throw thrown
    const line = systemErrorLine(thrown)
    const problem =
      line === null ? systemProblem(thrown) : `${line}\nSet LYNKR_DATA_DIR to a folder that lynkr may write.`
    process.stderr.write(`lynkr cannot start without its store: ${problem}\n`)
    return null
  }
}

/** Behind a proxy named in the environment only `fetch` works, and the connecting, with its time limit, is up to the proxy. */
function chooseTransport({ connectTimeoutMs, upstreamTransport }: Settings, environment: Environment): Transport {
  if (usesProxy(environment)) return fetchTransport
  const options = { connectTimeoutMs, clock: systemClock, scheduler: systemScheduler }
  const isByFetch = upstreamTransport === 'fetch' || trustsAnybody(environment)
  return isByFetch ? withConnectTimeout(fetchTransport, options) : openPooledTransport(options)
}
