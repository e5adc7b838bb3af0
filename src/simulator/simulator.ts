import type { TLSOptions } from 'bun'
import { authority } from '../core/authority.ts'
import { type Clock, type Scheduler, systemClock, systemScheduler } from '../core/clock.ts'
import { type Random, seededRandom } from '../core/random.ts'
import { jsonAnswer, stepsOf } from './answer.ts'
import { type Connection, type Exchange, openConnection } from './connection.ts'
import { controlAnswer, isControlPath } from './control.ts'
import type { HttpRequest } from './http-parser.ts'
import { type Journal, NO_JOURNAL, openJournal, type ReceivedRequest } from './journal.ts'
import { openScriptQueue, type ScriptQueue } from './queue.ts'
import { openResponder, type Responder } from './responder.ts'
import type { Fault, Script } from './script.ts'

export interface SimulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly hostname?: string
  /** Default 1. Everything the simulator invents follows from it and the order of requests. */
  readonly seed?: number
  /** False keeps nothing of what was received, for benches. Default true. */
  readonly record?: boolean
  /** False answers what a real provider would refuse. Default true. */
  readonly strict?: boolean
  /** Default 1,000; the oldest go first, and so they do when bodies pass 64 MiB. */
  readonly requestsKept?: number
  readonly tls?: TLSOptions
  /** Share of inference requests, 0 to 1, that meet one of `faults` by chance where their script has none. */
  readonly chaos?: { readonly rate: number; readonly faults: readonly Fault[] }
  readonly clock?: Clock
  readonly scheduler?: Scheduler
}

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:12345`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Adds answers for the coming requests, each used once, in order, by the first request it matches. */
  enqueue(...scripts: Script[]): void
  /** Answers when no waiting script matches: the first of these that does, else the demo's. Replaces earlier ones. */
  setDefault(...scripts: Script[]): void
  /** What was received, oldest first; live objects, whose end is filled in when it is known. */
  requests(): readonly ReceivedRequest[]
  /** The first kept request that satisfies, now or later: asked at each arrival and at each end of an answer. */
  waitForRequest(predicate: (request: ReceivedRequest) => boolean): Promise<ReceivedRequest>
  /** Forgets scripts, defaults and requests; the ordinal starts anew. */
  clear(): void
  /** Closes the port and every connection. */
  stop(): Promise<void>
}

/** As Anthropic's own limit. */
const BODY_BYTES_MAX = 32 * 1024 * 1024

/** Opens a provider that exists only here: every vendor's dialect over real TCP, on one port. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, clock = systemClock, scheduler = systemScheduler, hostname = '127.0.0.1' } = options
  const journal = options.record === false ? NO_JOURNAL : openJournal(options.requestsKept ?? 1_000, clock)
  const queue = openScriptQueue()
  const random = seededRandom(seed)
  const chaos = (): Fault | undefined => chaosFault(options.chaos, random)
  const responder = openResponder({ seed, isStrict: options.strict ?? true, queue, clock, chaos })
  const handle = (request: HttpRequest): Exchange => exchange(request, { responder, queue, journal })

  const connections = new Set<Connection>()
  const listener = Bun.listen<Connection | undefined>({
    hostname,
    port: options.port ?? 0,
    ...(options.tls !== undefined && { tls: options.tls }),
    socket: {
      open(socket) {
        socket.data = openConnection(socket, { clock, scheduler, bodyBytesMax: BODY_BYTES_MAX, handle })
        connections.add(socket.data)
      },
      data: (socket, bytes) => socket.data?.onData(bytes),
      drain: (socket) => socket.data?.onDrain(),
      close(socket) {
        if (socket.data === undefined) return
        connections.delete(socket.data)
        socket.data.onClose()
      },
      error: (socket) => void socket.terminate(),
    },
  })
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${authority(hostname, listener.port)}`,
    port: listener.port,
    enqueue: (...scripts) => queue.enqueue(scripts),
    setDefault: (...scripts) => queue.setDefault(scripts),
    requests: () => journal.all(),
    waitForRequest: (predicate) => journal.waitFor(predicate),
    clear() {
      queue.clear()
      journal.clear()
      responder.restart()
    },
    async stop() {
      listener.stop(true)
      journal.close()
    },
  }
}

interface Parts {
  readonly responder: Responder
  readonly queue: ScriptQueue
  readonly journal: Journal
}

/** Control requests are neither recorded nor counted. */
function exchange(request: HttpRequest, { responder, queue, journal }: Parts): Exchange {
  if (isControlPath(request.path)) {
    return { steps: stepsOf(controlAnswer(request, queue, journal), {}), done: () => undefined }
  }
  const entry = journal.add(responder.nextOrdinal(), request)
  const { status, steps } = tryRespond(responder, request)
  entry.answered(status)
  return { steps, done: entry.ended }
}

/** A bug of the simulator is told to the client and spares the other connections. */
function tryRespond(responder: Responder, request: HttpRequest): ReturnType<Responder['respond']> {
  try {
    return responder.respond(request)
  } catch (error) {
    const answer = jsonAnswer({ error: { type: 'simulator_bug', message: String(error) } }, [], 500)
    return { status: answer.status, steps: stepsOf(answer, {}) }
  }
}

function chaosFault(chaos: SimulatorOptions['chaos'], random: Random): Fault | undefined {
  if (chaos === undefined || random() >= chaos.rate) return undefined
  return chaos.faults[Math.floor(random() * chaos.faults.length)]
}
