import type { Envelope } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import type { Opaque } from '../../core/opaque.ts'
import type { ChatRequest, OutputFormat, Reasoning } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { decodeEffort } from '../openai-chat/effort.ts'
import { isAbsent, readSampling, streamWishes } from '../openai-chat/read-members.ts'
import { restAt, restOf } from '../rest.ts'
import { decodeInput } from './decode-input.ts'
import { choiceRest, decodeTools } from './decode-tools.ts'

/** What the canonical request has a place for, or what is settled on this side; everything else is carried as it is. */
const KNOWN = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'stream_options',
  'max_output_tokens',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'reasoning',
  'text',
  'include',
  'safety_identifier',
  'user',
  'prompt_cache_key',
  // Kept and gone on from by lynkr itself.
  'store',
  'previous_response_id',
  'background',
  // About the client, as its headers are.
  'client_metadata',
])

const REASONING = new Set(['effort', 'summary', 'generate_summary'])
const TEXT = new Set(['format'])
const FORMAT = new Set(['type', 'name', 'schema', 'strict'])
const NONE: ReadonlySet<string> = new Set()

/** Answered with by every surface, so that nothing is lost when it is asked for. */
const ENCRYPTED = 'reasoning.encrypted_content'

/** Servers of other dialects refuse it, too, and call it by a name that this client has never written. */
export function refuseUnsaid({ json: { input } }: Envelope): void {
  if (input === '' || (typeof input !== 'string' && listOf(input).length === 0)) {
    throw invalid('input', 'is needed: a text, or a list of items')
  }
}

/** A Responses body as a canonical request. Throws `invalid_request` with the path for what is malformed. */
export function decodeRequest({ model, stream, maxOutputTokens, json }: Envelope): ChatRequest {
  if (tryObject(json.prompt) !== null) {
    throw invalid('prompt', 'is kept by another provider; send its text as instructions')
  }
  const text = tryObject(json.text)
  const include = listOf(json.include).filter((name) => name !== ENCRYPTED)
  const members = {
    ...restOf(json, KNOWN),
    ...(text !== null && restOf(text, TEXT)),
    ...(include.length > 0 && { include }),
    ...restAt('text.format', text?.format, FORMAT),
    ...restAt('stream_options', streamWishes(json), NONE),
    ...choiceRest(json),
  }
  const userId = textOf(json.safety_identifier) || textOf(json.user) || textOf(json.prompt_cache_key)
  return {
    model,
    stream,
    ...decodeInput(json),
    ...decodeTools(json),
    parallelToolCalls: json.parallel_tool_calls !== false,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    stopSequences: [],
    sampling: readSampling(json),
    reasoning: decodeReasoning(json.reasoning),
    format: decodeFormat(text?.format),
    ...(userId !== '' && { userId }),
    wantsStreamUsage: true,
    ...carried(members),
  }
}

function carried(members: Json | null): { opaque?: Opaque } {
  if (members === null || Object.keys(members).length === 0) return {}
  return { opaque: { dialect: 'openai-responses', members } }
}

/** A wish for a summary is met wherever thinking can be read at all, so it is no feature of its own. */
function decodeReasoning(value: unknown): Reasoning {
  const wire = tryObject(value)
  if (wire === null) return { type: 'unset' }
  return { ...decodeEffort(wire.effort, 'reasoning.effort'), ...carried(restOf(wire, REASONING)) }
}

function decodeFormat(value: unknown): OutputFormat {
  if (isAbsent(value)) return { type: 'text' }
  const format = tryObject(value)
  switch (format?.type) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return {
        type: 'json_schema',
        schema: format.schema ?? {},
        ...(typeof format.name === 'string' && { name: format.name }),
        strict: format.strict === true,
      }
    default:
      throw invalid('text.format.type', 'must be text, json_object or json_schema')
  }
}
