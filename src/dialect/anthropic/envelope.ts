import type { Envelope } from '../../core/dialect.ts'
import { tryObject } from '../../core/json.ts'
import { invalid } from '../faults.ts'

/**
 * Top-level keys that must not occur twice. Only these: the search for a second one runs on every request, and keys
 * that are common words inside messages (`system`, `tools`) would make it slow for nothing.
 */
export const ACTED_ON_KEYS = ['model', 'stream', 'max_tokens', 'thread'] as const

/** Checks what every later step relies on, by hand: a schema library costs a hundred times as much. */
export function readEnvelope(value: unknown, shape: unknown = value): Envelope {
  const json = tryObject(value)
  const outline = tryObject(shape)
  if (json === null || outline === null) throw invalid('', 'the body must be a JSON object')
  const { model, stream, max_tokens: maxTokens } = json
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must be a non-empty string')
  if (stream !== undefined && typeof stream !== 'boolean') throw invalid('stream', 'must be true or false')
  checkMessages(outline.messages, tryObject(json.thread)?.type === 'continue')
  checkSystem(outline.system)
  checkTools(outline.tools)
  return { model, stream: stream === true, maxOutputTokens: readMaxTokens(maxTokens), json, outline }
}

/** Absent is allowed here: token counting has none, and a clamp may fill it in. */
function readMaxTokens(value: unknown): number | null {
  if (value === undefined) return null
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw invalid('max_tokens', 'must be a non-negative integer')
  }
  return value
}

/** Nothing new need be said to go on with an answer that paused, where the vendor keeps the conversation. */
function checkMessages(value: unknown, goesOn: boolean): void {
  if (!Array.isArray(value)) throw invalid('messages', 'must be an array')
  if (value.length === 0 && !goesOn) throw invalid('messages', 'must hold at least one message')
  for (let i = 0; i < value.length; i++) {
    const message = tryObject(value[i])
    if (message === null) throw invalid(`messages.${i}`, 'must be an object')
    if (typeof message.role !== 'string') throw invalid(`messages.${i}.role`, 'must be a string')
    const { content } = message
    if (typeof content === 'string') continue
    if (!Array.isArray(content)) throw invalid(`messages.${i}.content`, 'must be a string or an array of blocks')
    for (let k = 0; k < content.length; k++) checkBlock(content[k], i, k)
  }
}

function checkBlock(value: unknown, i: number, k: number): void {
  const block = tryObject(value)
  if (block === null) throw invalid(`messages.${i}.content.${k}`, 'must be an object')
  if (typeof block.type !== 'string') throw invalid(`messages.${i}.content.${k}.type`, 'must be a string')
}

function checkSystem(value: unknown): void {
  if (value === undefined || typeof value === 'string') return
  if (!Array.isArray(value)) throw invalid('system', 'must be a string or an array of text blocks')
  for (let i = 0; i < value.length; i++) {
    const block = tryObject(value[i])
    if (block === null) throw invalid(`system.${i}`, 'must be an object')
    if (block.type !== 'text') throw invalid(`system.${i}.type`, 'must be text')
    if (typeof block.text !== 'string') throw invalid(`system.${i}.text`, 'must be a string')
  }
}

function checkTools(value: unknown): void {
  if (value === undefined) return
  if (!Array.isArray(value)) throw invalid('tools', 'must be an array')
  for (let i = 0; i < value.length; i++) {
    if (tryObject(value[i]) === null) throw invalid(`tools.${i}`, 'must be an object')
  }
}
