import { type Json, tryObject } from '../core/json.ts'
import { MODEL_NAME_CHARS_MAX, MODELS_DISCOVERED_MAX } from '../core/limits.ts'

/** A model as a provider lists it. */
export interface ModelInfo {
  readonly id: string
  readonly displayName: string | null
  /** Unix time of its release, in seconds. */
  readonly createdS: number | null
}

/**
 * Reads a provider's list: OpenAI's and Anthropic's `data`, Gemini's `models`. Entries without a usable name are left
 * out, and what is beyond `MODELS_DISCOVERED_MAX`.
 *
 * @returns `null` for what is no such list
 */
export function readModelList(json: unknown): readonly ModelInfo[] | null {
  const list = tryObject(json)
  const entries = list?.data ?? list?.models
  if (!Array.isArray(entries)) return null
  const models = new Map<string, ModelInfo>()
  for (const entry of entries) {
    if (models.size >= MODELS_DISCOVERED_MAX) break
    const model = tryModel(tryObject(entry) ?? {})
    if (model !== null) models.set(model.id, model)
  }
  return [...models.values()]
}

function tryModel(entry: Json): ModelInfo | null {
  const name = entry.id ?? entry.name
  if (typeof name !== 'string') return null
  const id = name.startsWith('models/') ? name.slice('models/'.length) : name
  if (id === '' || id.length > MODEL_NAME_CHARS_MAX || CONTROL.test(id)) return null
  const title = entry.display_name ?? entry.displayName
  return {
    id,
    displayName: typeof title === 'string' && title !== '' ? title.slice(0, MODEL_NAME_CHARS_MAX) : null,
    createdS: createdOf(entry.created, entry.created_at),
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

function createdOf(seconds: unknown, text: unknown): number | null {
  if (typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0) return seconds
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) || ms < 0 ? null : Math.floor(ms / 1_000)
}
