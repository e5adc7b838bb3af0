import { errorBody, errorHeaders, type Failure } from './errors.ts'
import type { Ids } from './ids.ts'
import type { Flavor } from './profile.ts'
import { replyOf } from './reply.ts'
import type { InferenceRequest } from './request.ts'
import type { Script } from './script.ts'
import type { Header, Step } from './step.ts'
import { voiceOf } from './voice.ts'

/** An answer before faults: a head, and a body either whole or record by record. */
export interface Answer {
  readonly status: number
  readonly headers: readonly Header[]
  readonly body: Uint8Array | Iterable<Uint8Array>
}

const encoder = new TextEncoder()

/** The answer a script asks for, in the request's dialect. */
export function scriptedAnswer(script: Script, request: InferenceRequest, ids: Ids, wallMs: number): Answer {
  const { flavor } = request.profile
  const voice = voiceOf(flavor)
  const requestId = voice.requestId(ids)
  const own = Object.entries(script.headers ?? {}).map(([name, value]): Header => [name.toLowerCase(), value])
  const withOwn = (headers: readonly Header[]): readonly Header[] => [
    ...headers.filter(([name]) => !own.some(([replaced]) => replaced === name)),
    ...own,
  ]
  const vendor = vendorHeaders(flavor, requestId, wallMs)
  const status = script.status ?? 200
  if (script.body !== undefined) {
    return { status, headers: withOwn([JSON_TYPE, ...vendor]), body: encoder.encode(script.body) }
  }
  if (status >= 300) {
    const failure = failureAnswer(flavor, { ...script, status }, requestId, wallMs)
    return { ...failure, headers: withOwn(failure.headers) }
  }
  const reply = replyOf(script, request, ids)
  if (!request.stream) {
    const json = voice.whole(reply, request, ids)
    return { status, headers: withOwn([JSON_TYPE, ...vendor]), body: encoder.encode(JSON.stringify(json)) }
  }
  const type: Header = ['content-type', voice.streamType]
  const headers = withOwn([type, ['cache-control', 'no-cache'], ...vendor])
  return { status, headers, body: voice.records(reply, request, ids) }
}

/** A refusal or failure in the vendor's envelope. */
export function failureAnswer(flavor: Flavor, failure: Failure, requestId: string, wallMs: number): Answer {
  return {
    status: failure.status,
    headers: [JSON_TYPE, ...vendorHeaders(flavor, requestId, wallMs), ...errorHeaders(flavor, failure)],
    body: encoder.encode(JSON.stringify(errorBody(flavor, failure, requestId))),
  }
}

export function jsonAnswer(json: unknown, headers: readonly Header[] = [], status = 200): Answer {
  return { status, headers: [JSON_TYPE, ...headers], body: encoder.encode(JSON.stringify(json)) }
}

/** The answer's steps, paced. */
export function* stepsOf(answer: Answer, pace: Pick<Script, 'delayMs' | 'firstDelayMs'>): Generator<Step> {
  const { status, headers, body } = answer
  const { delayMs = 0, firstDelayMs = 0 } = pace
  if (firstDelayMs > 0) yield { type: 'pause', ms: firstDelayMs }
  if (body instanceof Uint8Array) {
    yield { type: 'head', status, headers, length: body.byteLength }
    yield { type: 'data', bytes: body }
    return
  }
  yield { type: 'head', status, headers, length: null }
  let isFirst = true
  for (const bytes of body) {
    if (!isFirst && delayMs > 0) yield { type: 'pause', ms: delayMs }
    isFirst = false
    yield { type: 'data', bytes }
  }
}

const JSON_TYPE: Header = ['content-type', 'application/json']
const MINUTE_MS = 60_000
const ORGANIZATION = '00000000-0000-4000-8000-000000000000'

/** What each vendor sends beside its answers. */
export function vendorHeaders(flavor: Flavor, requestId: string, wallMs: number): readonly Header[] {
  if (flavor === 'anthropic') {
    const reset = new Date(wallMs + MINUTE_MS).toISOString().replace(/\.\d+/, '')
    return [
      ['request-id', requestId],
      ['anthropic-organization-id', ORGANIZATION],
      ['anthropic-ratelimit-requests-limit', '4000'],
      ['anthropic-ratelimit-requests-remaining', '3999'],
      ['anthropic-ratelimit-requests-reset', reset],
      ['anthropic-ratelimit-input-tokens-limit', '2000000'],
      ['anthropic-ratelimit-input-tokens-remaining', '1999000'],
      ['anthropic-ratelimit-input-tokens-reset', reset],
      ['anthropic-ratelimit-output-tokens-limit', '400000'],
      ['anthropic-ratelimit-output-tokens-remaining', '399000'],
      ['anthropic-ratelimit-output-tokens-reset', reset],
    ]
  }
  if (flavor === 'bedrock' || flavor === 'converse') return [['x-amzn-requestid', requestId]]
  if (flavor === 'vertex' || flavor === 'gemini') return [['x-vertex-ai-request-id', requestId]]
  if (flavor === 'databricks') return [['x-request-id', requestId]]
  const limits: readonly Header[] = [
    ['x-request-id', requestId],
    ['x-ratelimit-limit-requests', '5000'],
    ['x-ratelimit-remaining-requests', '4999'],
    ['x-ratelimit-reset-requests', '12ms'],
    ['x-ratelimit-limit-tokens', '800000'],
    ['x-ratelimit-remaining-tokens', '799000'],
    ['x-ratelimit-reset-tokens', '6m0s'],
  ]
  if (flavor === 'azure') return [['apim-request-id', requestId], ...limits]
  return [['openai-version', '2020-10-01'], ['openai-processing-ms', '12'], ...limits]
}
