import type { Clock } from '../core/clock.ts'
import { isObject } from '../core/json.ts'
import { type Answer, failureAnswer, jsonAnswer, scriptedAnswer, stepsOf, vendorHeaders } from './answer.ts'
import { embeddings, modelList, tokenCount } from './catalogue.ts'
import { faultyAnswer, faultySteps } from './fault.ts'
import { TOKEN_PATH, tokenAnswer } from './google-account.ts'
import type { HttpRequest } from './http-parser.ts'
import { type Ids, openIds } from './ids.ts'
import { type Flavor, type Profile, profileOf } from './profile.ts'
import type { ScriptQueue } from './queue.ts'
import { type InferenceRequest, readInferenceRequest } from './request.ts'
import type { Fault, Script } from './script.ts'
import type { Step } from './step.ts'
import { refusalOf } from './strict.ts'
import { voiceOf } from './voice.ts'

export interface Responder {
  /** Of the request that `respond` will get next. */
  nextOrdinal(): number
  respond(request: HttpRequest): { readonly status: number; readonly steps: Iterable<Step> }
  /** Counts from 0 again. */
  restart(): void
}

export interface ResponderOptions {
  readonly seed: number
  readonly isStrict: boolean
  readonly queue: ScriptQueue
  readonly clock: Clock
  /** A fault by chance, for a script without one. */
  readonly chaos: () => Fault | undefined
}

/** Decides every answer: by path, then by strictness, then by script. A refused request takes no script. */
export function openResponder(options: ResponderOptions): Responder {
  let ordinal = 0
  const answer = (request: HttpRequest, ids: Ids): Planned => {
    const wallMs = options.clock.wallMs()
    const refuse = (flavor: Flavor, status: number, message?: string, errorType?: string): Planned => {
      const requestId = voiceOf(flavor).requestId(ids)
      return {
        script: {},
        flavor,
        answer: failureAnswer(flavor, { status, message, errorType }, requestId, wallMs),
      }
    }
    if (request.path === TOKEN_PATH) {
      const host = request.headers.get('host') ?? ''
      return { script: {}, flavor: 'vertex', answer: tokenAnswer(request.body, host, wallMs) }
    }
    const profile = profileOf(request.method, request.path, request.headers)
    if (profile === null) return refuse('anthropic', 404)
    const { flavor } = profile
    if (request.isTooLarge) return refuse(flavor, 413)
    const json = profile.operation === 'models' ? {} : tryJson(request.body)
    if (!isObject(json)) return refuse(flavor, 400, 'The request body is not valid JSON')
    const refusal = options.isStrict ? refusalOf(profile, request, json, wallMs) : null
    if (refusal !== null) return refuse(flavor, refusal.status, refusal.message, refusal.errorType)
    const inference = readInferenceRequest(profile, json, request.body.byteLength)
    const script = withChaos(options.queue.next(inference), profile, options.chaos)
    return { script, flavor, answer: operationAnswer(script, inference, ids, wallMs) }
  }
  return {
    nextOrdinal: () => ordinal,
    respond(request) {
      const ids = openIds(options.seed, ordinal++)
      const { script, flavor, answer: planned } = answer(request, ids)
      const { fault } = script
      if (fault === undefined) return { status: planned.status, steps: stepsOf(planned, script) }
      const faulty = faultyAnswer(fault, planned, flavor, ids)
      return { status: faulty.status, steps: faultySteps(fault, stepsOf(faulty, script)) }
    },
    restart() {
      ordinal = 0
    },
  }
}

/** Chance strikes only inference that would have gone well. */
function withChaos(script: Script, { operation }: Profile, chaos: () => Fault | undefined): Script {
  if (operation !== 'inference' || script.fault !== undefined || (script.status ?? 200) !== 200) return script
  const fault = chaos()
  return fault === undefined ? script : { ...script, fault }
}

interface Planned {
  readonly script: Script
  readonly flavor: Flavor
  readonly answer: Answer
}

/** What a script does not override is answered from the catalogue. */
function operationAnswer(script: Script, request: InferenceRequest, ids: Ids, wallMs: number): Answer {
  const { profile } = request
  const isScripted = script.status !== undefined || script.body !== undefined
  if (profile.operation === 'inference' || isScripted) return scriptedAnswer(script, request, ids, wallMs)
  const requestId = voiceOf(profile.flavor).requestId(ids)
  const headers = vendorHeaders(profile.flavor, requestId, wallMs)
  const json = catalogueJson(profile, request)
  return json === null ? failureAnswer(profile.flavor, { status: 404 }, requestId, wallMs) : jsonAnswer(json, headers)
}

function catalogueJson(profile: Profile, request: InferenceRequest): unknown {
  switch (profile.operation) {
    case 'models':
      return modelList(profile)
    case 'embeddings':
      return embeddings(request)
    default:
      return tokenCount(request)
  }
}

function tryJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}
