import type { Envelope, Surface } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { parseExact } from '../core/exact-json.ts'
import { isDeeperThan } from '../core/json-depth.ts'
import type { OutlinedJson, Outliner } from '../core/json-outline.ts'
import { tooDeep, weightProblem } from '../core/json-weight.ts'
import { ASKED_MODEL_CHARS_MAX, JSON_DEPTH_MAX } from '../core/limits.ts'
import { refuseOtherCase } from './member-names.ts'
import { refuseRepeated } from './refuse-repeated.ts'

/** A request body that was read and checked once: its bytes as they came, and what lynkr acts on. */
export interface RequestBody {
  readonly bytes: Uint8Array
  readonly envelope: Envelope
  /** Tokens of the conversation that the upstream keeps itself, beyond what the bytes hold. */
  readonly tokensBefore?: number
  /** Members that were left out of it here, whoever it goes to. */
  readonly dropped?: readonly string[]
}

/**
 * Parses a body once and checks its envelope. A key that lynkr acts on must not occur twice: parsers differ in which
 * one they take, and what is billed must be what the upstream reads. Nor may it stand there in other letters.
 *
 * @param outline reads the shape alone, where the request will likely go on as it came; `null` parses it as a whole
 * @throws ProxyError `invalid_request`, with the JSON path
 */
export function readRequestBody(bytes: Uint8Array, surface: Surface, outline: Outliner | null = null): RequestBody {
  const outlined = outline?.(bytes) ?? null
  if (outlined !== null) return readOutlined(bytes, surface, outlined)
  const json = parseJsonBody(bytes)
  const envelope = surface.readEnvelope(json)
  checkModelName(envelope.model)
  refuseRepeated(bytes, envelope.json, surface.actedOnKeys)
  refuseOtherCase(envelope.json, surface)
  return { bytes, envelope }
}

/** No key at its top occurs twice. */
function readOutlined(bytes: Uint8Array, surface: Surface, { json, outline }: OutlinedJson): RequestBody {
  refuseDeep(outline)
  const envelope = surface.readEnvelope(json, outline)
  checkModelName(envelope.model)
  refuseOtherCase(outline, surface)
  return { bytes, envelope }
}

/**
 * A name that can stand in a path, a log line and an access list without being another there.
 *
 * @throws ProxyError `invalid_request`
 */
export function checkModelName(model: string): void {
  const isPlain = model.length <= ASKED_MODEL_CHARS_MAX && !UNPRINTED.test(model) && model !== '.' && model !== '..'
  if (isPlain) return
  const wanted = `a name of at most ${ASKED_MODEL_CHARS_MAX} characters, without controls, and without blanks around it`
  throw new ProxyError('invalid_request', `model: must be ${wanted}`, { detail: { path: 'model' } })
}

/** Controls, invisible characters, halves of characters; blanks at an end. */
const UNPRINTED = /[\p{Cc}\p{Cf}\p{Cs}]|^\s|\s$/u

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses a body once. Recursive readers come after this, so that it is not nested deeper than they can follow.
 *
 * @throws ProxyError `invalid_request` on what is not JSON in UTF-8, or nested too deep
 */
export function parseJsonBody(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0)
    throw new ProxyError('invalid_request', 'the request has no body; a JSON object is needed')
  const json = parseText(bytes)
  refuseDeep(json)
  return json
}

function refuseDeep(json: unknown): void {
  if (isDeeperThan(json, JSON_DEPTH_MAX)) throw refused(tooDeep())
}

function parseText(bytes: Uint8Array): unknown {
  let problem: string | null
  try {
    const text = utf8.decode(bytes)
    problem = weightProblem(text)
    if (problem === null) return parseExact(text)
  } catch (cause) {
    throw new ProxyError('invalid_request', 'the body is not valid JSON in UTF-8', { cause })
  }
  throw refused(problem)
}

function refused(problem: string): ProxyError {
  return new ProxyError('invalid_request', `the body ${problem}`)
}
