import type { RedactedThinkingBlock, ThinkingBlock } from '../../core/block.ts'
import { type Json, listOf, textOf, tryObject, tryObjectIn } from '../../core/json.ts'
import { isDeeperThan } from '../../core/json-depth.ts'
import { JSON_DEPTH_MAX } from '../../core/limits.ts'
import { restOf } from '../rest.ts'

/** What a message or a delta says about the model's thinking. `encrypted` is `reasoning_details` of that type, whole. */
export interface Reasoned {
  readonly text: string
  readonly signature: string
  readonly encrypted: readonly Json[]
}

const NOTHING: Reasoned = Object.freeze({ text: '', signature: '', encrypted: [] })

/**
 * Reads every vendor's spelling: the first that is not empty of `reasoning_content`, `reasoning`, the text of
 * `reasoning_details`. They repeat one another, so they are never added up. A signature stands in the details only.
 */
export function readReasoning(message: Json): Reasoned {
  const plain = textOf(message.reasoning_content) || textOf(message.reasoning)
  if (message.reasoning_details === undefined || message.reasoning_details === null) {
    return plain === '' ? NOTHING : { text: plain, signature: '', encrypted: [] }
  }
  let text = ''
  let signature = ''
  const encrypted: Json[] = []
  for (const item of listOf(message.reasoning_details)) {
    const detail = tryObject(item)
    if (detail === null) continue
    text += textOf(detail.text) || textOf(detail.summary)
    signature += textOf(detail.signature)
    if (detail.type === 'reasoning.encrypted') encrypted.push(detail)
  }
  return { text: plain || text, signature, encrypted }
}

/** Databricks: a content part `{type:"reasoning", summary:[{type:"summary_text", text, signature?}]}`. */
export function readReasoningPart(part: Json): Reasoned {
  let text = ''
  let signature = ''
  for (const item of listOf(part.summary)) {
    const summary = tryObject(item)
    text += textOf(summary?.text)
    signature += textOf(summary?.signature)
  }
  return { text: text || textOf(part.text), signature: signature || textOf(part.signature), encrypted: [] }
}

const BARE = new Set(['type', 'data', 'index'])

/**
 * Encrypted reasoning travels through clients as redacted thinking. A detail with more than its data (OpenRouter: id,
 * format) is kept whole, as JSON, so that it returns unmodified. Law: `encryptedDetail(encryptedBlock(d).data)` is `d`,
 * but for a bare detail's index.
 */
export function encryptedBlock(detail: Json): RedactedThinkingBlock {
  const isBare = restOf(detail, BARE) === null && typeof detail.data === 'string'
  return { type: 'redacted_thinking', data: isBare ? textOf(detail.data) : JSON.stringify(detail) }
}

/** The detail for redacted thinking: the one that `encryptedBlock` kept, or one around another vendor's data. */
export function encryptedDetail(data: string): Json {
  return tryKeptDetail(data) ?? { type: 'reasoning.encrypted', data }
}

function tryKeptDetail(data: string): Json | null {
  if (!data.startsWith('{')) return null
  // `null` for another vendor's bytes that happen to begin like an object.
  const detail = tryObjectIn(data)
  return detail?.type === 'reasoning.encrypted' && !isDeeperThan(detail, JSON_DEPTH_MAX) ? detail : null
}

/** Blocks for what was reasoned in a whole message. */
export function reasoningBlocks({ text, signature, encrypted }: Reasoned): (ThinkingBlock | RedactedThinkingBlock)[] {
  const thinking: ThinkingBlock[] = text === '' && signature === '' ? [] : [{ type: 'thinking', text, signature }]
  return [...thinking, ...encrypted.map(encryptedBlock)]
}
