import type { Frame, FrameMeaning, Meter } from '../../core/dialect.ts'
import { type ProxyError, toProxyError } from '../../core/errors.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { laterUsage, type Usage } from '../../core/usage.ts'
import { frameText, parseChunk } from '../frame.ts'
import { decodeStreamError } from './decode-error.ts'
import { DONE, isDone } from './sse.ts'
import { decodeUsage, usageOf } from './usage.ts'

/**
 * What must be looked at closely. Inside a JSON string the quotes would be escaped, so text of the model cannot
 * match; arguments sent as an object could, which only costs a parse.
 */
const TELLING = /"finish_reason":\s*"|"usage":\s*\{|"error":\s*[{"]/

/**
 * Watches a Chat stream that passes through. Until the first piece of the answer every frame is parsed; after it
 * only those that can hold a finish reason, usage or an error.
 */
export function openMeter(): Meter {
  let usage: Usage | null = null
  let error: ProxyError | null = null
  let model: string | null = null
  let hasContent = false
  let isFinished = false
  let isEnded = false
  let isUsageOnly = false
  /** By an answer's index, whether it has its end: those that were looked at from the first end on. */
  const answers = new Map<unknown, boolean>()
  let frames = 0
  let bytes = 0
  let smallest = Number.POSITIVE_INFINITY

  function read(chunk: Json): FrameMeaning {
    model ??= textOf(chunk.model) || null
    if (chunk.error) {
      error = decodeStreamError(chunk)
      isEnded = true
      return 'error'
    }
    const choices = listOf(chunk.choices)
    const said = usageOf(chunk)
    if (said !== null) usage = laterUsage(usage, decodeUsage(said, chunk))
    isUsageOnly = said !== null && choices.length === 0
    const isContent = choices.some((one) => hasPiece(tryObject(tryObject(one)?.delta)))
    hasContent ||= isContent
    isFinished ||= choices.some(isEnd)
    if (!isFinished) return isContent ? 'content' : 'prelude'
    noteEnds(choices)
    return 'finish'
  }

  /** With `n` above 1 an end is one answer's, not the stream's. */
  function noteEnds(choices: readonly unknown[]): void {
    for (const one of choices) {
      const index = tryObject(one)?.index ?? 0
      if (answers.size < STREAM_BLOCKS_MAX || answers.has(index)) {
        answers.set(index, answers.get(index) === true || isEnd(one))
      }
    }
  }

  function isWhole(): boolean {
    for (const hasEnd of answers.values()) if (!hasEnd) return false
    return isFinished
  }

  function count(frame: Frame): void {
    frames++
    bytes += frame.data.length
    smallest = Math.min(smallest, frame.data.length)
  }

  return {
    push(frame) {
      isUsageOnly = false
      if (frame.data.length === 0) return 'prelude'
      if (isDone(frame)) {
        isEnded = true
        return 'end'
      }
      const text = frameText(frame)
      if (hasContent && !isFinished && !TELLING.test(text)) {
        count(frame)
        return 'content'
      }
      try {
        const meaning = read(parseChunk(text))
        if (meaning === 'content') count(frame)
        return meaning
      } catch (thrown) {
        error = toProxyError(thrown)
        isEnded = true
        return 'error'
      }
    },
    isUsageOnly: () => isUsageOnly,
    usage: () => usage,
    error: () => error,
    model: () => model,
    // Every chunk repeats its envelope, which the smallest one shows; each holds at least one byte of answer.
    contentBytes: () => (frames === 0 ? 0 : bytes - frames * (smallest - 1)),
    closing: () => (isWhole() && !isEnded ? DONE : null),
  }
}

function isEnd(choice: unknown): boolean {
  return textOf(tryObject(choice)?.finish_reason) !== ''
}

const PIECES = [
  'content',
  'tool_calls',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'refusal',
  'function_call',
] as const

function hasPiece(delta: Json | null): boolean {
  if (delta === null) return false
  return PIECES.some(
    (name) => textOf(delta[name]) !== '' || listOf(delta[name]).length > 0 || tryObject(delta[name]) !== null,
  )
}
