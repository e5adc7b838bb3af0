import { isUtf8 } from 'node:buffer'
import type { Hono } from 'hono'
import type { Settings } from '../config/load.ts'
import { systemClock, systemScheduler } from '../core/clock.ts'
import type { Commands } from '../core/commands.ts'
import { createOutliner } from '../core/json-outline.ts'
import { secureBytes, systemRandom } from '../core/random.ts'
import type { RequestRecord } from '../core/record.ts'
import { newRequestId } from '../core/request-id.ts'
import type { Signers } from '../core/signer.ts'
import type { Provider } from '../core/target.ts'
import type { Transport } from '../core/transport.ts'
import { type Feed, openFeed } from '../dashboard/feed.ts'
import { createDashboard } from '../dashboard/routes.ts'
import { openSessions, type Sessions } from '../dashboard/sessions.ts'
import { FRAMINGS } from '../framing/framings.ts'
import { createApp } from '../http/app.ts'
import { createCapabilityRoute } from '../http/capability-route.ts'
import { createExplainRoute } from '../http/explain-route.ts'
import { refuseWebPage } from '../http/local-guard.ts'
import { type Cancellations, createCancellations } from '../mcp/cancellations.ts'
import type { AccessLog } from '../observability/access-log.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/recorder.ts'
import type { Tracer } from '../observability/traces/tracer.ts'
import { openConversations } from '../pipeline/conversations.ts'
import { openDiscovery } from '../pipeline/discovery.ts'
import { forgetMoved } from '../pipeline/forget-moved.ts'
import type { Discovery, PipelineDeps } from '../pipeline/ports.ts'
import type { Protections } from '../pipeline/protections.ts'
import { FairTurns } from '../resilience/fair-turns.ts'
import { openCapabilityMap } from '../routing/capability-map.ts'
import { type DiscoveredModels, openDiscovered } from '../routing/discovered.ts'
import { openFormChooser } from '../routing/forms.ts'
import { type LiveRouter, openLiveRouter } from '../routing/live-router.ts'
import type { Routes } from '../routing/router.ts'
import { openSigners } from '../upstream/signers.ts'
import type { AdminGuard } from './admin-guard.ts'
import { createCommandDoor } from './command-door.ts'
import { composeExplain } from './compose-explain.ts'
import type { Money } from './compose-money.ts'
import { composeOperations, type OperationsOptions, readFacts } from './compose-operations.ts'
import { composeProtections } from './compose-protections.ts'
import { openFailureLog, openStrayLog } from './failure-log.ts'
import type { LogLevelSwitch } from './log-level.ts'
import { SURFACES, UPSTREAMS } from './surfaces.ts'
import { VERSION } from './version.ts'
import { watchProcess } from './watch-process.ts'
import { follow } from './workers/follow.ts'
import { joinCrew } from './workers/join.ts'
import { ALONE, type Peers, type WorkerLink } from './workers/link.ts'
import { shareOf } from './workers/share.ts'

/** What `serve` has opened already, for the application to be built on. */
export interface ComposeOptions extends AdminGuard {
  readonly settings: Settings
  readonly routes: Routes
  readonly logger: Logger
  readonly metrics: Metrics
  readonly accessLog: AccessLog
  readonly tracer: Tracer
  readonly money: Money
  /** Headers that every answer carries. */
  readonly signs: Readonly<Record<string, string>>
  readonly pid: number
  /** The metrics of all workers together; of a process that is alone, its own. */
  readonly totals: Metrics
  /** A worker's channel to its supervisor; `null` in a process that is alone. */
  readonly link: WorkerLink | null
  isUnready(): boolean
  /** The process drains or stops: clients should take new requests elsewhere. */
  isLeaving(): boolean
  readonly commands: Commands
  readonly logLevel: LogLevelSwitch
  readonly transport: Transport
}

/** Builds the whole application out of its rooms. Opens no port. */
export function compose(options: ComposeOptions) {
  const { metrics, totals, link } = options
  const peers: Peers = link ?? ALONE
  const settings = shareOf(options.settings, peers.workers)
  const discovered = openDiscovered()
  const router = openLiveRouter(options.routes, discovered)
  const { providers } = router
  const clock = systemClock
  const protections = composeProtections(settings, metrics, options.logger)
  const turns = new FairTurns({ clock, scheduler: systemScheduler })
  const watch = watchProcess({ settings, metrics, protections, turns, providers, workers: peers.workers })
  const feed = openFeed({
    families: totals.families,
    clock,
    scheduler: systemScheduler,
    isDebug: () => options.logLevel.isDebug(),
    budgets: () => options.money.budgets(),
    isLeaving: options.isLeaving,
  })
  const sessions = openSessions(clock, secureBytes, (hash, lastsMs) => peers.order({ type: 'session', hash, lastsMs }))
  const cancellations = createCancellations((scope, requestId) =>
    peers.order({ type: 'cancel_call', scope, requestId }),
  )
  const operations: OperationsOptions = {
    ...options,
    settings,
    peers,
    database: options.money.health,
    providers,
    protections,
    clock,
    signals: watch.latest,
  }
  const tellPeers =
    link === null
      ? () => undefined
      : joinCrew(link, {
          metrics,
          totals,
          scheduler: systemScheduler,
          facts: () => readFacts(operations),
          onRecord: (record) => feed.record(record),
          onOrder: (order) => follow(order, { ...options, protections, sessions, cancellations }),
        })
  const pipeline = composePipeline({ ...options, settings, router, discovered, turns }, protections, (record) => {
    feed.record(record)
    tellPeers(record)
  })
  const onKeysChanged = (): Promise<void> | void => {
    void options.money.admin.onKeysChanged()
    peers.order({ type: 'keys_changed' })
    // Who has reported since has heard of it.
    return peers.refresh()
  }
  const app = createApp({
    pipeline,
    surfaces: SURFACES,
    bodyBytesMax: settings.bodyBytesMax,
    signs: options.signs,
    refuse: (request) =>
      options.money.authentication.isOpen() && !settings.allowUnauthenticated ? refuseWebPage(request) : null,
    admin: { ...options.money.admin, onKeysChanged, requireAdmin: options.requireAdmin },
    logInternal: (requestId, cause) =>
      options.logger.error({ request_id: requestId, err: cause }, 'a request met an internal error'),
    logStray: openStrayLog(options.logger, clock, settings.logFloodLines),
    isLeaving: options.isLeaving,
    ...composeOperations(operations),
  })
  mountAdminAndCommands(app, { ...options, cancellations }, pipeline, providers)
  if (settings.dashboardEnabled) mountDashboard(app, options, { feed, sessions, peers })
  return {
    app,
    protections,
    /** Applies routes, keys, budgets, limits and prices of a new configuration to every request from now on. */
    takeOver(next: Settings, routes: Routes) {
      forgetMoved({ ...pipeline, discovered }, providers, routes.providers)
      router.replace(routes)
      options.money.takeOver(next)
      void pipeline.discovery.refresh()
    },
    async close() {
      pipeline.discovery.close()
      feed.close()
      watch.close()
      await Promise.all([options.tracer.close(), options.money.close()])
    },
  }
}

interface CommandOptions extends ComposeOptions {
  readonly cancellations: Cancellations
}

/** Mounts `/admin/capabilities`, `/admin/explain`, `/v1/commands` and `/mcp`. */
export function mountAdminAndCommands(
  app: Hono,
  { requireAdmin, isAdminKey, commands, cancellations, money, settings: { bodyBytesMax } }: CommandOptions,
  pipeline: PipelineDeps,
  providers: readonly Provider[],
): void {
  const { capabilities, clock } = pipeline
  app.route('/', createCapabilityRoute({ requireAdmin, capabilities, providers, clock }))
  app.route('/', createExplainRoute({ requireAdmin, explain: composeExplain(pipeline, money), bodyBytesMax }))
  app.route('/', createCommandDoor({ ...pipeline, commands, cancellations, isAdminKey, version: VERSION }))
}

/** Mounts the dashboard. Its switch for debug lines works on all workers. */
function mountDashboard(
  app: Hono,
  { isAdminKey, logLevel }: ComposeOptions,
  { feed, sessions, peers }: { readonly feed: Feed; readonly sessions: Sessions; readonly peers: Peers },
): void {
  const setDebug = (isDebug: boolean): void => {
    logLevel.setDebug(isDebug)
    peers.order({ type: 'debug', isDebug })
  }
  app.route('/', createDashboard({ feed, sessions, isAdminKey, setDebug, othersKnow: () => peers.refresh() }))
}

/** What the pipeline shares with the rest of the application. */
interface PipelineOptions extends ComposeOptions {
  readonly router: LiveRouter
  readonly discovered: DiscoveredModels
  readonly turns: FairTurns
}

function composePipeline(
  options: PipelineOptions,
  protections: Protections,
  onRecord: (record: RequestRecord) => void,
): PipelineDeps {
  const { settings, router, logger, metrics, accessLog, tracer, money, transport } = options
  const logFailure = openFailureLog(logger, systemClock, settings.logFloodLines)
  const signers = openSigners({ transport, clock: systemClock, scheduler: systemScheduler })
  return {
    clock: systemClock,
    scheduler: systemScheduler,
    protections,
    turns: options.turns,
    random: systemRandom,
    transport,
    upstreams: UPSTREAMS,
    framings: FRAMINGS,
    signers,
    spending: money.spending,
    conversations: openConversations(),
    cache: money.cache,
    authenticate: money.authentication.authenticate,
    ownCredential: money.authentication.ownCredential,
    router,
    outline: createOutliner(isUtf8),
    discovery: discover(options, signers),
    forms: openFormChooser(),
    capabilities: openCapabilityMap(),
    onCapability(target, names, isTaken) {
      if (isTaken) metrics.rooms.countCapability(target.provider.id)
      const facts = { provider: target.provider.id, model: target.model, features: names }
      if (isTaken) logger.warn(facts, 'the provider refuses features, which are left out from now on')
      else logger.info(facts, 'the provider refuses the request without these features too')
    },
    isStrict: settings.strict,
    originatesCacheMarks: settings.promptCacheEnabled,
    onSettled(record, error) {
      metrics.recordRequest(record)
      accessLog.write(record)
      tracer.record(record)
      onRecord(record)
      money.record(record)
      if (error !== null) logFailure(record, error)
    },
    timeouts: {
      firstEventMs: settings.firstEventTimeoutMs,
      idleMs: settings.idleTimeoutMs,
      pingMs: settings.pingIntervalMs,
    },
    instanceId: newRequestId(systemClock.wallMs(), systemRandom),
  }
}

function discover({ settings, router, discovered, logger, transport }: PipelineOptions, signers: Signers): Discovery {
  return openDiscovery({
    transport,
    signers,
    scheduler: systemScheduler,
    providers: () => router.providers,
    discovered,
    intervalMs: settings.modelRefreshMs,
    onFault({ id }, error) {
      logger.debug({ provider: id, err: error }, 'the provider did not list its models; what was known of it stays')
    },
  })
}
