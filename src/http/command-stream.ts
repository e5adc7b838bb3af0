import type { Scheduler } from '../core/clock.ts'
import type { CommandOutput, CommandResult } from '../core/commands.ts'
import type { ConnectionControl } from '../core/connection.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { sseText } from '../framing/sse-writer.ts'
import type { Outbound } from '../pipeline/ports.ts'
import { untilTaken } from '../pipeline/until-taken.ts'
import { clientClosed } from './client-signal.ts'
import type { CommandAccount } from './command-account.ts'
import { toResponse } from './respond.ts'

/** Pause after which an idle stream gets a ping, ms: load balancers cut at 60 s. */
const PING_MS = 15_000

/** Starts a run that is already bound to its caller, command and values. */
export type StartRun = (onOutput: (output: CommandOutput) => void, signal: AbortSignal) => Promise<CommandResult>

export interface CommandStreamOptions {
  /** Aborts when the client is gone. */
  readonly client: AbortSignal
  readonly scheduler: Scheduler
  readonly connection: Pick<ConnectionControl, 'rest'>
  readonly account: Pick<CommandAccount, 'wrote' | 'settle'>
}

/**
 * A run as server-sent events. The answer begins with the first output or ping: a run that is refused before that throws,
 * so that it is answered with its true status.
 */
export async function commandStream(
  start: StartRun,
  { client, scheduler, connection, account }: CommandStreamOptions,
): Promise<Response> {
  const abort = new AbortController()
  const signal = AbortSignal.any([client, abort.signal])
  const mailbox = createMailbox()
  const run = start((output) => mailbox.put(sseText('output', JSON.stringify(output))), signal)
  const stopPings = scheduler.every(PING_MS, () => mailbox.put(sseText('ping', '{}')))
  const ended = run.then(
    (result) => {
      mailbox.end(sseText('result', JSON.stringify(resultOnWire(result))))
      return result.ending === 'timeout' ? timedOut() : result.ending === 'cancelled' ? clientClosed() : null
    },
    (error: unknown) => {
      mailbox.end(sseText('error', JSON.stringify(errorOf(error))))
      return error
    },
  )
  try {
    // Only before anything is sent may a rejection of `run` reach the caller; afterwards `ended` deals with it.
    await Promise.race([mailbox.first, run])
  } catch (error) {
    stopPings()
    throw error
  }
  const outbound: Outbound = {
    status: 200,
    headers: new Headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' }),
    body: {
      async run(sink) {
        try {
          for await (const text of mailbox.texts()) {
            account.wrote(text)
            const taken = sink.write(text)
            if (taken !== undefined) await untilTaken(scheduler, taken, abort.signal)
          }
          account.settle(200, await ended)
        } catch {
          // Nothing here fails but a write: to a client that is gone, or counts as gone.
          account.settle(200, clientClosed())
        } finally {
          abort.abort()
          stopPings()
        }
      },
      abandon() {
        abort.abort()
        stopPings()
        account.settle(200, clientClosed())
      },
    },
  }
  return toResponse(outbound, connection)
}

/** Texts from whoever writes to whoever reads, in order. Bounded by the run's own output limit. */
function createMailbox() {
  const waiting: string[] = []
  let isEnded = false
  let wake: () => void = () => undefined
  const first = Promise.withResolvers<void>()
  const put = (text: string): void => {
    if (isEnded) return
    waiting.push(text)
    first.resolve()
    wake()
  }
  return {
    first: first.promise,
    put,
    end(text: string) {
      put(text)
      isEnded = true
      wake()
    },
    async *texts(): AsyncGenerator<string> {
      for (;;) {
        yield* waiting.splice(0)
        if (waiting.length > 0) continue
        if (isEnded) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

/** A result in the wire's spelling. */
export function resultOnWire(result: CommandResult) {
  return {
    run_id: result.runId,
    ending: result.ending,
    exit_code: result.exitCode,
    output_bytes: result.outputBytes,
    duration_ms: Math.round(result.durationMs),
  }
}

/** The error that tells of a run that ended at its time limit. */
export function timedOut(): ProxyError {
  return new ProxyError('sandbox_timeout', 'the command ran into its time limit')
}

function errorOf(thrown: unknown) {
  const error = toProxyError(thrown)
  const { type } = error.traits.wire.anthropic
  return { type: 'error', error: { type, code: error.kind, message: error.message } }
}
