import { CUT_SHORT } from '../../core/cut-short.ts'
import type { DecodeContext, Decoder } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { StreamEvent } from '../../core/event.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { STREAM_BLOCKS_MAX } from '../../core/limits.ts'
import { seal } from '../../core/sealed.ts'
import { laterUsage, type Usage } from '../../core/usage.ts'
import { googleStatus, tryGoogleError } from '../cloud/google-error.ts'
import { openEventSink } from '../event-sink.ts'
import { malformed } from '../faults.ts'
import { parseFrame } from '../frame.ts'
import { restOf } from '../rest.ts'
import { makeCallId, toCanonicalId } from '../tools/tool-ids.ts'
import { LETTER_FIRST, type ToolNames, toolNames } from '../tools/tool-names.ts'
import { SEAL } from './encode-contents.ts'
import { decodeFinishReason, isBroken } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/**
 * Chunks of `streamGenerateContent` as canonical events. There is no end but the body's: the answer is complete once
 * a reason to finish was given. Never throws: garbage becomes an `upstream_malformed` error event.
 */
export function openStreamDecoder(context: DecodeContext): Decoder {
  const chunks = openChunkReader(context)
  return {
    push: (frame) => (frame.data.length === 0 ? [] : chunks.read(() => parseFrame(frame))),
    end: () => chunks.end(),
  }
}

/** The same for chunks that are parsed; a whole answer is one. */
export function openChunkReader({ request, profile }: DecodeContext) {
  const names = toolNames(request, LETTER_FIRST)
  const { emit, fail, run } = openEventSink()
  const blocks = openBlocks(emit, names, (n) => makeCallId(responseId, request.turns.length, n))
  let responseId = ''
  let isStarted = false
  let reason = ''
  let usage: Usage | null = null
  let isBlocked = false

  function readChunk(chunk: Json): void {
    if (chunk.error !== undefined) return fail(streamFailure(chunk))
    if (!isStarted) {
      isStarted = true
      responseId = textOf(chunk.responseId)
      emit({ type: 'start', id: responseId, model: textOf(chunk.modelVersion) || profile.model })
    }
    const candidate = tryObject(listOf(chunk.candidates)[0])
    for (const part of listOf(tryObject(candidate?.content)?.parts)) blocks.part(tryObject(part) ?? {})
    const said = tryObject(chunk.usageMetadata)
    if (said !== null) {
      usage = laterUsage(usage, decodeUsage(said))
      emit({ type: 'usage', usage })
    }
    const blocked = textOf(tryObject(chunk.promptFeedback)?.blockReason)
    isBlocked ||= blocked !== ''
    reason = textOf(candidate?.finishReason) || blocked || reason
    if (isBroken(reason)) fail(new ProxyError('upstream_error', `the model made a call that is none (${reason})`))
  }

  function finish(): void {
    if (reason === '') {
      return fail(new ProxyError('stream_interrupted', CUT_SHORT))
    }
    blocks.close()
    emit({ type: 'finish', reason: decodeFinishReason(reason, blocks.calls() > 0, isBlocked) })
  }

  return {
    read: (parse: () => Json) => run(() => readChunk(parse())),
    end: () => run(finish),
  }
}

/** Members that stand beside a part's data. */
const BESIDE = new Set(['thought', 'thoughtSignature', 'partMetadata', 'videoMetadata'])

function streamFailure(chunk: Json): ProxyError {
  const told = tryGoogleError({ status: googleStatus(chunk) }, chunk)
  return new ProxyError(told?.kind ?? 'upstream_error', told?.message ?? 'the upstream ended its stream with an error')
}

/** Parts as blocks, one after the other: prose runs on until something else begins, a call comes whole. */
function openBlocks(emit: (event: StreamEvent) => void, names: ToolNames, makeId: (n: number) => string) {
  let index = -1
  let open: 'text' | 'thinking' | null = null
  let calls = 0
  /** Ids that no call can have any more. */
  const ids = new Set([''])

  function close(): void {
    if (open !== null) emit({ type: 'block_stop', index })
    open = null
  }

  function start(block: (StreamEvent & { type: 'block_start' })['block']): void {
    if (++index >= STREAM_BLOCKS_MAX) throw malformed(`more than ${STREAM_BLOCKS_MAX} blocks`)
    emit({ type: 'block_start', index, block })
  }

  function ensure(kind: 'text' | 'thinking'): void {
    if (open === kind) return
    close()
    start(kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', text: '', signature: '' })
    open = kind
  }

  /** A signature stands on the part it belongs to; for clients it closes a thought before that part. */
  function sign(signature: string): void {
    if (signature === '') return
    ensure('thinking')
    emit({ type: 'block_delta', index, delta: { type: 'signature', signature: seal(SEAL, [signature]) } })
    close()
  }

  /** Pictures, code that was run and what came of it: carried for those who can show them, else named as lost. */
  function whole(part: Json): void {
    const payload = restOf(part, BESIDE)
    if (payload === null) return
    close()
    start({ type: 'opaque', dialect: 'gemini', payload, deltas: [] })
    emit({ type: 'block_stop', index })
  }

  return {
    part(part: Json): void {
      const call = tryObject(part.functionCall)
      const text = textOf(part.text)
      sign(textOf(part.thoughtSignature))
      if (call !== null) {
        close()
        if (textOf(call.name) === '') throw malformed('a tool call without a name')
        const id = ids.has(textOf(call.id)) ? makeId(calls) : toCanonicalId(textOf(call.id))
        ids.add(textOf(call.id))
        calls++
        const args = tryObject(call.args) ?? {}
        start({ type: 'tool_use', id, name: names.toCanonical(textOf(call.name)), inputJson: '' })
        const json = Object.keys(args).length === 0 ? '' : JSON.stringify(args)
        if (json !== '') emit({ type: 'block_delta', index, delta: { type: 'input_json', json } })
        emit({ type: 'block_stop', index })
      } else if (text !== '') {
        const kind = part.thought === true ? 'thinking' : 'text'
        ensure(kind)
        emit({ type: 'block_delta', index, delta: { type: kind, text } })
      } else if (part.text === undefined) whole(part)
    },
    close,
    calls: () => calls,
  }
}
