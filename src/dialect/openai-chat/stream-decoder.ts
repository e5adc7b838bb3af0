import { CUT_SHORT } from '../../core/cut-short.ts'
import type { DecodeContext, Decoder, Frame } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { laterUsage, type Usage } from '../../core/usage.ts'
import { openEventSink } from '../event-sink.ts'
import { parseFrame } from '../frame.ts'
import { restOf } from '../rest.ts'
import { makeCallId } from '../tools/tool-ids.ts'
import { toolNames } from '../tools/tool-names.ts'
import { openCallFragments } from './call-fragments.ts'
import { decodeStreamError, tryChoiceError } from './decode-error.ts'
import { decodeFinishReason } from './finish-reason.ts'
import { imageBlocks } from './image-blocks.ts'
import { type Lanes, openLanes, type ProseKind } from './lanes.ts'
import { encryptedBlock, type Reasoned, readReasoning, readReasoningPart } from './reasoning.ts'
import { isDone } from './sse.ts'
import { openThinkSplitter } from './think-tags.ts'
import { decodeUsage, usageOf, usageOpaque } from './usage.ts'

const CHUNK_KNOWN = new Set(['id', 'object', 'model', 'choices', 'usage', 'obfuscation', 'prompt_filter_results'])

/**
 * Chat chunks as canonical events. The answer ends at `[DONE]`, at a usage chunk after the finish reason, or at the
 * end of the body if a finish reason was seen; a body that ends without one ends in an error. Never throws:
 * garbage becomes an `upstream_malformed` error event, after which nothing follows.
 */
export function openStreamDecoder({ request, profile }: DecodeContext): Decoder {
  const { emit, fail, run } = openEventSink()
  let responseId = ''
  let isStarted = false
  let reason: string | null = null
  let stopSequence: string | null = null
  let hasRefusal = false
  let usage: Usage | null = null
  const lanes = openLanes(emit)
  const makeId = (n: number) => makeCallId(responseId, request.turns.length, n)
  const calls = openCallFragments(lanes, toolNames(request), makeId)
  const prose = openProse(lanes, profile.quirks.inlineThinking === true)

  function finish(): void {
    prose.end()
    calls.end()
    lanes.flush()
    const ending = { reason: reason ?? '', hasToolCalls: calls.count() > 0, hasRefusal, stopSequence }
    emit({ type: 'finish', reason: decodeFinishReason(ending) })
  }

  function interrupted(): void {
    fail(new ProxyError('stream_interrupted', CUT_SHORT))
  }

  function readDelta(delta: Json): void {
    prose.reason(readReasoning(delta))
    prose.content(delta.content)
    if (delta.annotations) prose.cite(listOf(delta.annotations))
    const refusal = textOf(delta.refusal)
    if (refusal !== '') {
      hasRefusal = true
      lanes.prose('refusal', { type: 'refusal', text: refusal }, refusal.length)
    }
    for (const image of imageBlocks(delta)) lanes.whole(image)
    if (delta.tool_calls) for (const item of listOf(delta.tool_calls)) calls.push(item)
    if (delta.function_call) calls.push({ index: 0, function: delta.function_call })
  }

  function start(chunk: Json): void {
    isStarted = true
    responseId = textOf(chunk.id)
    const members = restOf(chunk, CHUNK_KNOWN)
    const model = textOf(chunk.model) || profile.model
    emit({ type: 'start', id: responseId, model, ...(members && { opaque: { dialect: 'openai-chat', members } }) })
  }

  function readChunk(chunk: Json): void {
    if (chunk.error) return fail(decodeStreamError(chunk))
    const choice = tryObject(listOf(chunk.choices)[0])
    let failure: ProxyError | null = null
    const said = usageOf(chunk)
    // Azure's first chunk has neither id nor choices, only what its filter thought of the prompt.
    if (!isStarted && (choice !== null || said !== null)) start(chunk)
    // A second answer would be another conversation; `n` above 1 never gets here.
    if (choice !== null && (choice.index ?? 0) === 0) {
      const delta = tryObject(choice.delta)
      if (delta !== null) readDelta(delta)
      failure = tryChoiceError(choice)
      if (textOf(choice.finish_reason) !== '') reason = textOf(choice.finish_reason)
      if (textOf(choice.stop_reason) !== '') stopSequence = textOf(choice.stop_reason)
    }
    if (said !== null) {
      const opaque = usageOpaque(said)
      usage = laterUsage(usage, decodeUsage(said, chunk))
      emit({ type: 'usage', usage, ...(opaque && { opaque }) })
    }
    if (failure !== null) return fail(failure)
    if (said !== null && choice === null && reason !== null) finish()
  }

  function readFrame(frame: Frame): void {
    if (frame.data.length === 0) return
    if (!isDone(frame)) readChunk(parseFrame(frame))
    else if (reason !== null || lanes.count() > 0) finish()
    else interrupted()
  }

  return {
    push: (frame: Frame) => run(() => readFrame(frame)),
    end: () => run(() => (reason === null ? interrupted() : finish())),
  }
}

/** Content and reasoning, in every form they take, into the lanes. */
function openProse(lanes: Lanes, isInline: boolean) {
  const splitter = isInline ? openThinkSplitter() : null
  /** What came before the text that it is about. */
  let citations: readonly unknown[] = []

  function say(kind: ProseKind & ('text' | 'thinking'), text: string): void {
    if (text === '') return
    lanes.prose(kind, { type: kind, text }, text.length)
    if (kind === 'text' && citations.length > 0) cite(citations)
  }

  /** Into the text that is said at the moment, else into the next: a block of nothing else is refused when it comes back. */
  function cite(items: readonly unknown[]): void {
    if (lanes.latest() !== 'text') citations = [...citations, ...items].slice(0, STREAM_BLOCKS_MAX)
    else {
      citations = []
      for (const citation of items) {
        const delta = { type: 'citation', dialect: 'openai-chat', citation } as const
        lanes.prose('text', delta, JSON.stringify(citation).length)
      }
    }
  }

  function content(text: string): void {
    if (splitter === null) return say('text', text)
    for (const piece of splitter.push(text)) say(piece.kind, piece.text)
  }

  function reason({ text, signature, encrypted }: Reasoned): void {
    say('thinking', text)
    if (signature !== '') lanes.prose('thinking', { type: 'signature', signature }, signature.length)
    for (const detail of encrypted) lanes.whole(encryptedBlock(detail))
  }

  return {
    reason,
    cite,
    content(value: unknown): void {
      if (typeof value === 'string') return content(value)
      for (const item of listOf(value)) {
        const part = tryObject(item)
        if (part?.type === 'reasoning') reason(readReasoningPart(part))
        else if (part !== null) content(textOf(part.text))
      }
    },
    end(): void {
      for (const piece of splitter?.end() ?? []) say(piece.kind, piece.text)
    },
  }
}
