import { type Answer, jsonAnswer } from './answer.ts'
import type { HttpRequest } from './http-parser.ts'
import type { Journal, ReceivedRequest } from './journal.ts'
import type { ScriptQueue } from './queue.ts'
import type { Script } from './script.ts'

const PREFIX = '/__simulator/'

export function isControlPath(path: string): boolean {
  return path.startsWith(PREFIX)
}

/** The simulator's remote control, for tests in other processes. */
export function controlAnswer(request: HttpRequest, queue: ScriptQueue, journal: Journal): Answer {
  const body = (): unknown => JSON.parse(new TextDecoder().decode(request.body))
  try {
    switch (`${request.method} ${request.path.slice(PREFIX.length)}`) {
      case 'POST scripts':
        queue.enqueue(parseScripts(body()))
        return jsonAnswer({ waiting: queue.size() })
      case 'PUT default':
        queue.setDefault(parseScripts(body()))
        return jsonAnswer({})
      case 'GET requests':
        return jsonAnswer(journal.all().map(shown))
      case 'DELETE requests':
        journal.clear()
        return jsonAnswer({})
      case 'DELETE scripts':
        queue.clear()
        return jsonAnswer({})
      default:
        return jsonAnswer({ error: `no such control: ${request.method} ${request.path}` }, [], 404)
    }
  } catch (error) {
    return jsonAnswer({ error: error instanceof Error ? error.message : String(error) }, [], 400)
  }
}

/** The schema is loaded where a script is given: a start of lynkr without a provider, which runs a simulator, needs none. */
function parseScripts(json: unknown): readonly Script[] {
  const schema: typeof import('./script-schema.ts') = require('./script-schema.ts')
  return schema.parseScripts(json)
}

/** A received request as JSON: headers as an object, the body as text. */
function shown(request: ReceivedRequest): unknown {
  const { ordinal, method, path, query, text, json, bytesReceived, bytesSent } = request
  const { status, aborted, receivedWallMs, receivedMs, endedMs } = request
  return {
    ordinal,
    method,
    path,
    query,
    headers: Object.fromEntries(request.headers),
    text,
    json,
    bytesReceived,
    bytesSent,
    status,
    aborted,
    receivedWallMs,
    receivedMs,
    endedMs,
  }
}
