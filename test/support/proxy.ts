import { isUtf8 } from 'node:buffer'
import { UPSTREAMS } from '../../src/cli/surfaces.ts'
import { type Clock, type Scheduler, systemClock, systemScheduler } from '../../src/core/clock.ts'
import type { ProxyError } from '../../src/core/errors.ts'
import { createOutliner } from '../../src/core/json-outline.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { RequestRecord } from '../../src/core/record.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Provider } from '../../src/core/target.ts'
import { anthropicSurface } from '../../src/dialect/anthropic/index.ts'
import { openaiChatSurface } from '../../src/dialect/openai-chat/index.ts'
import { openaiResponsesSurface } from '../../src/dialect/openai-responses/index.ts'
import { FRAMINGS } from '../../src/framing/framings.ts'
import { type AppDeps, createApp } from '../../src/http/app.ts'
import { listen } from '../../src/http/listen.ts'
import { refuseWebPage } from '../../src/http/local-guard.ts'
import { openConversations } from '../../src/pipeline/conversations.ts'
import { NO_DISCOVERY } from '../../src/pipeline/discovery.ts'
import type { PipelineDeps, Timeouts } from '../../src/pipeline/ports.ts'
import { openProtections, PROTECTION, type ProtectionOptions } from '../../src/pipeline/protections.ts'
import { FairTurns } from '../../src/resilience/fair-turns.ts'
import { openCapabilityMap } from '../../src/routing/capability-map.ts'
import { openFormChooser } from '../../src/routing/forms.ts'
import { createRouter, type Routes } from '../../src/routing/router.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts'
import { openSigners } from '../../src/upstream/signers.ts'
import { openTestSpending } from './spending.ts'
import { staticKeyAuthentication } from './static-keys.ts'
import { testTransport } from './transport.ts'

/**
 * Every body is outlined, and every longer text in it is cut, so that whoever needs one is found out. With
 * `LYNKR_TEST_PLAIN=1` none is: the same tests must pass.
 */
const outline =
  process.env.LYNKR_TEST_PLAIN === '1' ? () => null : createOutliner(isUtf8, { bytesMin: 0, keptBytes: 24 })

export interface ProxyOptions {
  readonly simulator?: SimulatorOptions
  /** What differs from an Anthropic provider at the simulator's address. */
  readonly provider?: Partial<Provider>
  /** What differs in the routes; a function is given the provider. */
  readonly routes?: Partial<Routes> | ((provider: Provider) => Partial<Routes>)
  readonly timeouts?: Partial<Timeouts>
  readonly clock?: Clock
  readonly scheduler?: Scheduler
  readonly bodyBytesMax?: number
  /** `LYNKR_API_KEYS`. */
  readonly apiKeys?: readonly string[]
  /** Told of every request that was settled. */
  readonly onSettled?: (record: RequestRecord) => void
  /** What differs in the pipeline's other dependencies. */
  readonly pipeline?: Partial<PipelineDeps>
  /** What differs in the HTTP room's. */
  readonly app?: Partial<AppDeps>
}

/** lynkr in this process, on a free loopback port, with the simulator as its only upstream. */
export interface TestProxy {
  readonly url: string
  readonly port: number
  readonly simulator: Simulator
  /** Every request that was settled, in order. */
  readonly records: readonly RequestRecord[]
  readonly errors: readonly (ProxyError | null)[]
  /** Resolves once `count` requests were settled. */
  settled(count: number): Promise<readonly RequestRecord[]>
  /** Forgets records, scripts and what the simulator received. */
  clear(): void
  /** Begins to leave: no new connections, WebSockets close once they are idle. Resolves when all are gone. */
  drain(): Promise<void>
  stop(): Promise<void>
}

export const INSTANCE_ID = 'instance-under-test'
export const UPSTREAM_KEY = 'key-of-the-operator'

export async function openProxy(options: ProxyOptions = {}): Promise<TestProxy> {
  const simulator = await startSimulator(options.simulator)
  const provider = { ...providerAt(simulator.url), ...options.provider }
  const records: RequestRecord[] = []
  const errors: (ProxyError | null)[] = []
  const waiters = new Set<() => void>()
  const pipeline: PipelineDeps = {
    clock: options.clock ?? systemClock,
    scheduler: options.scheduler ?? systemScheduler,
    random: seededRandom(1),
    transport: testTransport,
    upstreams: UPSTREAMS,
    framings: FRAMINGS,
    signers: openSigners({ transport: testTransport, clock: systemClock, scheduler: systemScheduler }),
    ...staticKeyAuthentication(options.apiKeys ?? []),
    router: createRouter({
      providers: [provider],
      defaultProvider: provider,
      aliases: {},
      routes: {},
      ...(typeof options.routes === 'function' ? options.routes(provider) : options.routes),
    }),
    outline,
    discovery: NO_DISCOVERY,
    forms: openFormChooser(),
    capabilities: openCapabilityMap(),
    onCapability: () => undefined,
    isStrict: false,
    originatesCacheMarks: false,
    onSettled(record, error) {
      options.onSettled?.(record)
      records.push(record)
      errors.push(error)
      for (const wake of waiters) wake()
    },
    timeouts: { firstEventMs: 60_000, idleMs: 60_000, pingMs: 60_000, ...options.timeouts },
    instanceId: INSTANCE_ID,
    protections: openProtections(PATIENT),
    turns: new FairTurns({ clock: systemClock, scheduler: systemScheduler }),
    spending: openTestSpending(),
    conversations: openConversations(),
    cache: null,
    ...options.pipeline,
  }
  const app = createApp({
    pipeline,
    surfaces: { messages: anthropicSurface, chat: openaiChatSurface, responses: openaiResponsesSurface },
    bodyBytesMax: options.bodyBytesMax ?? 1024 * 1024,
    signs: {},
    refuse: options.apiKeys === undefined ? refuseWebPage : () => null,
    logInternal: () => undefined,
    logStray: () => undefined,
    isLeaving: () => false,
    admin: null,
    pid: process.pid,
    health: () => null,
    exposition: () => null,
    observability: () => null,
    circuitBreakers: () => null,
    loadShedding: () => null,
    resetBreakers: () => 0,
    refresh: () => undefined,
    requireAdmin: () => undefined,
    ...options.app,
  })
  const listener = listen(app, { host: '127.0.0.1', port: 0, messageBytesMax: options.bodyBytesMax ?? 1024 * 1024 })
  return {
    url: listener.url,
    port: listener.port,
    simulator,
    records,
    errors,
    settled: (count) =>
      new Promise((resolve) => {
        const wake = (): void => {
          if (records.length < count) return
          waiters.delete(wake)
          resolve(records)
        }
        waiters.add(wake)
        wake()
      }),
    clear() {
      records.length = 0
      errors.length = 0
      simulator.clear()
      simulator.setDefault()
    },
    drain: () => listener.drain(),
    async stop() {
      await listener.close()
      await simulator.stop()
    },
  }
}

/** An Anthropic provider at an address. */
export function providerAt(baseUrl: string): Provider {
  return {
    id: 'anthropic',
    dialect: 'anthropic',
    baseUrl,
    auth: 'x-api-key',
    keys: [new Secret(UPSTREAM_KEY)],
    credential: 'operator',
    paths: { chat: '/v1/messages', countTokens: '/v1/messages/count_tokens', models: '/v1/models', embeddings: null },
    quirks: { threads: true },
    headers: { 'anthropic-version': '2023-06-01' },
    modelMap: [],
    model: null,
    catalogue: { models: [], isClosed: false },
  }
}

/** An OpenAI Chat provider at an address, as changes to the other one. */
export const CHAT_PROVIDER: Partial<Provider> = {
  id: 'openai',
  dialect: 'openai-chat',
  auth: 'bearer',
  paths: { chat: '/v1/chat/completions', countTokens: null, models: '/v1/models', embeddings: null },
  headers: {},
}

export const HELLO = {
  model: 'claude-sonnet-5-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi there' }],
} as const

export interface PostOptions {
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal
}

/** Breakers that stay closed, for tests that let one upstream fail again and again. */
const PATIENT: ProtectionOptions = {
  ...PROTECTION,
  breaker: { ...PROTECTION.breaker, failureThreshold: 1_000_000, windowRequestsMin: 1_000_000 },
}

/**
 * Posts as a client whose last try this is, so that lynkr makes one attempt: a Messages request, an object as JSON,
 * anything else as it is.
 */
export function post(
  proxy: TestProxy,
  body: object | string | Uint8Array,
  options: PostOptions = {},
): Promise<Response> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  return fetch(`${proxy.url}${options.path ?? '/v1/messages'}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '2', ...options.headers },
    body: isRaw ? body : JSON.stringify(body),
    ...(options.signal !== undefined && { signal: options.signal }),
  })
}
