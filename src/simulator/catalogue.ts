import { listOf } from '../core/json.ts'
import { seededRandom } from '../core/random.ts'
import { CREATED_S } from './chat-writer.ts'
import type { Profile } from './profile.ts'
import type { InferenceRequest } from './request.ts'

const ANTHROPIC_MODELS = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5']
const OPENAI_MODELS = ['gpt-5.5', 'gpt-5.5-mini', 'text-embedding-3-small']
const CREATED_AT = new Date(CREATED_S * 1_000).toISOString()
const DIMENSIONS = 8
const DIMENSIONS_MAX = 3_072

/** A model listOf or, if the path names one, a model; null if it is none of ours. */
export function modelList({ flavor, name }: Profile): unknown {
  const names = flavor === 'anthropic' ? ANTHROPIC_MODELS : OPENAI_MODELS
  const models = names.map((id) => (flavor === 'anthropic' ? anthropicModel(id) : openaiModel(id)))
  if (name !== undefined) return models.find((model) => model.id === name) ?? null
  if (flavor !== 'anthropic') return { object: 'listOf', data: models }
  return { data: models, has_more: false, first_id: names[0], last_id: names.at(-1) }
}

function anthropicModel(id: string) {
  return {
    type: 'model',
    id,
    display_name: `${id} (simulated)`,
    created_at: CREATED_AT,
    max_input_tokens: 200_000,
    max_tokens: 128_000,
    lifecycle: 'active',
  }
}

function openaiModel(id: string) {
  return { id, object: 'model', created: CREATED_S, owned_by: 'lynkr-simulator' }
}

/** One vector per input, always the same for the same text, as long and in the form that is asked for. */
export function embeddings({ json, model, bytes }: InferenceRequest): unknown {
  const inputs = typeof json.input === 'string' ? [json.input] : listOf(json.input)
  const tokens = Math.ceil(bytes / 4)
  const asked = Number.isSafeInteger(json.dimensions) ? Number(json.dimensions) : DIMENSIONS
  const length = Math.min(DIMENSIONS_MAX, Math.max(1, asked))
  const encode = json.encoding_format === 'base64' ? base64Of : (numbers: readonly number[]) => numbers
  return {
    object: 'listOf',
    data: inputs.map((input, index) => ({
      object: 'embedding',
      index,
      embedding: encode(vector(textOf(input), length)),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

/** Tokens stand for themselves; anything else counts as nothing. */
function textOf(input: unknown): string {
  return typeof input === 'string'
    ? input
    : listOf(input)
        .filter((token) => typeof token === 'number')
        .join()
}

/** As single-precision floats, the lowest byte first. */
function base64Of(numbers: readonly number[]): string {
  return Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
}

function vector(text: string, length: number): readonly number[] {
  let seed = 0
  for (let i = 0; i < text.length; i++) seed = Math.imul(seed, 31) + text.charCodeAt(i)
  const random = seededRandom(seed)
  return Array.from({ length }, () => random() * 2 - 1)
}

/** Four bytes a token, as usage in answers is made too. */
export function tokenCount({ bytes, profile }: InferenceRequest): unknown {
  const count = { input_tokens: Math.max(1, Math.ceil(bytes / 4)) }
  return profile.flavor === 'responses' ? { object: 'response.input_tokens', ...count } : count
}
