import type { EncodedRequest, UpstreamProfile } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import type { ChatRequest, Reasoning } from '../../core/request.ts'
import { type DropList, openDropList } from '../dropped.ts'
import { outputLimit } from '../output-limit.ts'
import { saidStops } from '../said-stops.ts'
import { withToldFormat } from '../told-format.ts'
import { LETTER_FIRST, toolNames } from '../tools/tool-names.ts'
import { encodeContents } from './encode-contents.ts'
import { encodeTools } from './encode-tools.ts'
import { hasMembers } from './schema-subset.ts'
import { toldSchema } from './told-schema.ts'

/** More are refused. */
const STOP_SEQUENCES_MAX = 5

/** Thinking budgets, in tokens, up to which a model that knows levels is asked for the low one. */
const LOW_BUDGET_TOKENS = 4_096

/**
 * A canonical request as the body of `generateContent`. The model stands in the path, and whether it streams too.
 * What the body cannot say is named in `dropped`.
 */
export function encodeRequest(request: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const dropped = openDropList('gemini')
  const names = toolNames(request, LETTER_FIRST)
  const hasLevels = knowsLevels(profile.model)
  dropped.addOpaque('request', request.opaque)
  if (request.userId !== undefined) dropped.add('user_id')
  const isHeld = hasLevels || request.tools.length === 0
  const told = isHeld ? request : withToldFormat(request)
  const { system, contents } = encodeContents(told, { names, dropped, needsSignature: hasLevels })
  const generationConfig = {
    ...encodeLimits(request, profile, dropped),
    ...encodeFormat(request, isHeld, dropped),
    ...encodeThinking(request.reasoning, profile.model, dropped),
  }
  const json = {
    contents,
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    ...encodeTools(request, profile.quirks, names, dropped),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
  }
  return { json, dropped: dropped.names() }
}

/** Models from 3 on think by levels and want signatures back; earlier ones think by budgets. */
function knowsLevels(model: string): boolean {
  const [, major] = /gemini-(\d+)/.exec(model) ?? []
  return major !== undefined && Number(major) >= 3
}

/**
 * Thinking budgets of 2.5, in tokens; others are refused. `off` is the one that asks for no thinking, or for the least.
 *
 * @see Gemini API, "Gemini thinking", thinking budgets, 2026
 */
function budgetsOf(model: string): { readonly off: number; readonly least: number; readonly most: number } {
  if (/2\.5-pro/.test(model)) return { off: 128, least: 128, most: 32_768 }
  return { off: 0, least: /flash-lite/.test(model) ? 512 : 1, most: 24_576 }
}

function encodeLimits(request: ChatRequest, profile: UpstreamProfile, dropped: DropList): Json {
  const { sampling, maxOutputTokens } = request
  const stopSequences = saidStops(request.stopSequences, dropped.add, STOP_SEQUENCES_MAX)
  return {
    ...(maxOutputTokens !== undefined && { maxOutputTokens: outputLimit(maxOutputTokens, profile) }),
    ...(sampling.temperature !== undefined && { temperature: sampling.temperature }),
    ...(sampling.topP !== undefined && { topP: sampling.topP }),
    ...(sampling.topK !== undefined && { topK: sampling.topK }),
    ...(stopSequences.length > 0 && { stopSequences }),
  }
}

/** @param isHeld whether the model can be held to it: those before 3 refuse JSON beside tools */
function encodeFormat({ format }: ChatRequest, isHeld: boolean, dropped: DropList): Json {
  if (format.type === 'text') return {}
  if (!isHeld) {
    dropped.add('response_format')
    return {}
  }
  const json = { responseMimeType: 'application/json' }
  if (format.type !== 'json_schema') return json
  const { isJsonSchema, schema, isNarrowed } = toldSchema(tryObject(format.schema) ?? {})
  if (isNarrowed) dropped.add('response_format.schema')
  if (isJsonSchema) return { ...json, responseJsonSchema: schema }
  // An object of any members is what JSON is anyway, and refused as a schema.
  const isBare = (schema.type ?? 'object') === 'object' && !hasMembers(schema) && schema.anyOf === undefined
  return isBare ? json : { ...json, responseSchema: schema }
}

function encodeThinking(reasoning: Reasoning, model: string, dropped: DropList): Json {
  const hasLevels = knowsLevels(model)
  const { off, least, most } = budgetsOf(model)
  dropped.addOpaque('thinking', reasoning.opaque)
  const { type, effort } = reasoning
  if (type === 'off' || effort === 'none') {
    // A model that cannot do without thinking thinks as little as it can.
    return { thinkingConfig: hasLevels ? { thinkingLevel: 'low' } : { thinkingBudget: off } }
  }
  if (type === 'unset' && effort === undefined) return {}
  const shown = { includeThoughts: true }
  if (hasLevels) return { thinkingConfig: { ...shown, ...levelOf(reasoning) } }
  if (type === 'budget') {
    return { thinkingConfig: { ...shown, thinkingBudget: Math.min(Math.max(reasoning.budgetTokens, least), most) } }
  }
  // −1 leaves the budget to the model, which is what adaptive means.
  if (effort !== undefined && effort !== 'high') dropped.add('reasoning_effort')
  return { thinkingConfig: { ...shown, thinkingBudget: -1 } }
}

function levelOf(reasoning: Reasoning): Json {
  const { effort } = reasoning
  if (effort !== undefined) return { thinkingLevel: effort === 'low' || effort === 'minimal' ? 'low' : 'high' }
  if (reasoning.type !== 'budget') return {}
  return { thinkingLevel: reasoning.budgetTokens <= LOW_BUDGET_TOKENS ? 'low' : 'high' }
}
