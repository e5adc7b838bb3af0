import type { Envelope } from '../../core/dialect.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { ChatRequest, OutputFormat } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import { restAt, restOf } from '../rest.ts'
import { decodeMessages } from './decode-messages.ts'
import { choiceRest, decodeTools } from './decode-tools.ts'
import { decodeEffort } from './effort.ts'
import { isAbsent, readSampling, streamWishes } from './read-members.ts'

/** What the canonical request has a place for; everything else is carried as it is. */
const KNOWN = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'parallel_tool_calls',
  'stop',
  'temperature',
  'top_p',
  'reasoning_effort',
  'response_format',
  'user',
  'safety_identifier',
  'n',
])

/**
 * A Chat body as a canonical request. Throws `invalid_request` with the path for what is malformed, and for `n` above
 * 1, which no other dialect has: such a request can only pass through.
 */
export function decodeRequest({ model, stream, maxOutputTokens, json }: Envelope): ChatRequest {
  if (typeof json.n === 'number' && json.n > 1) throw invalid('n', 'more than one answer is not possible on this model')
  const members = {
    ...restOf(json, KNOWN),
    ...formatRest(json.response_format),
    ...restAt('stream_options', streamWishes(json), STREAM_OPTIONS),
    ...choiceRest(json),
  }
  const userId = textOf(json.safety_identifier) || textOf(json.user) || textOf(json.prompt_cache_key)
  return {
    model,
    stream,
    ...decodeMessages(json.messages),
    ...decodeTools(json),
    parallelToolCalls: json.parallel_tool_calls !== false,
    ...(maxOutputTokens !== null && { maxOutputTokens }),
    stopSequences: decodeStop(json.stop),
    sampling: readSampling(json),
    reasoning: decodeEffort(json.reasoning_effort, 'reasoning_effort'),
    format: decodeFormat(json.response_format),
    ...(userId !== '' && { userId }),
    wantsStreamUsage: tryObject(json.stream_options)?.include_usage === true,
    ...(Object.keys(members).length > 0 && { opaque: { dialect: 'openai-chat', members } }),
  }
}

function decodeStop(stop: unknown): string[] {
  if (isAbsent(stop)) return []
  const list = Array.isArray(stop) ? stop : [stop]
  return list.map((sequence, i) => {
    if (typeof sequence !== 'string') throw invalid(Array.isArray(stop) ? `stop.${i}` : 'stop', 'must be a string')
    return sequence
  })
}

const STREAM_OPTIONS = new Set(['include_usage'])

const FORMAT_KNOWN = new Set(['type', 'json_schema'])
const SCHEMA_KNOWN = new Set(['schema', 'name', 'strict'])

/** What a format says beside its schema, such as a description. */
function formatRest(format: unknown): Json {
  const schema = tryObject(format)?.json_schema
  return { ...restAt('response_format', format, FORMAT_KNOWN), ...restAt('response_format', schema, SCHEMA_KNOWN) }
}

function decodeFormat(format: unknown): OutputFormat {
  if (isAbsent(format)) return { type: 'text' }
  const wire = tryObject(format)
  switch (wire?.type) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const schema = tryObject(wire.json_schema)
      if (schema === null) throw invalid('response_format.json_schema', 'must be an object')
      return {
        type: 'json_schema',
        schema: schema.schema ?? {},
        ...(typeof schema.name === 'string' && { name: schema.name }),
        strict: schema.strict === true,
      }
    }
    default:
      throw invalid('response_format.type', 'must be text, json_object or json_schema')
  }
}
