import type { Frame } from '../core/dialect.ts'
import { ProxyError } from '../core/errors.ts'
import { type Ending, type Flaw, type StreamLinter, warning } from '../core/stream-linter.ts'
import { openLinter as openAnthropicLinter } from '../dialect/anthropic/lint-stream.ts'
import { openLinter as openChatLinter } from '../dialect/openai-chat/lint-stream.ts'
import { openLinter as openResponsesLinter } from '../dialect/openai-responses/lint-stream.ts'
import { openSseFramer } from '../framing/sse-framer.ts'
import type { SurfaceName } from './guess-surface.ts'

/** One thing that is wrong with a recorded stream. `line` counts from 1. */
export interface Finding extends Flaw {
  readonly line: number
}

export interface LintReport {
  readonly surface: SurfaceName
  /** Records with data. */
  readonly events: number
  readonly ending: Ending
  readonly findings: readonly Finding[]
}

const LINTERS: Readonly<Record<SurfaceName, () => StreamLinter>> = {
  messages: openAnthropicLinter,
  chat: openChatLinter,
  responses: openResponsesLinter,
}

/** Findings of one stream that are told; a broken one breaks at every event. */
const FINDINGS_MAX = 1_000

/**
 * Lints a recorded event stream.
 *
 * @param bytes the whole stream
 * @param surface `null`: guessed from its first event
 * @throws ProxyError `invalid_request` where nothing tells what the stream is; `upstream_malformed` on a record without end
 */
export function lintStream(bytes: Uint8Array, surface: SurfaceName | null): LintReport {
  const { frames, ends, complete } = openSseFramer().push(bytes)
  const name = surface ?? guessStream(frames)
  const linter = LINTERS[name]()
  const lines = openLineCounter(bytes)
  const findings: Finding[] = []
  const find = (line: number, flaws: readonly Flaw[]): void => {
    for (const flaw of flaws) if (findings.length < FINDINGS_MAX) findings.push({ line, ...flaw })
  }
  for (const [i, frame] of frames.entries()) {
    const line = lines.dataLine(ends[i - 1] ?? 0, ends[i] ?? bytes.length)
    find(line, [...checkText(frame), ...linter.push(frame)])
  }
  const last = lines.at(bytes.length)
  if (complete.length < bytes.length && utf8.decode(bytes.subarray(complete.length)).trim() !== '') {
    find(lines.at(complete.length), [warning('the last record has no blank line behind it, so that clients drop it')])
  }
  find(last, linter.end())
  return { surface: name, events: frames.length, ending: linter.ending(), findings }
}

const utf8 = new TextDecoder()
const strict = new TextDecoder('utf-8', { fatal: true })

function checkText({ data }: Frame): readonly Flaw[] {
  try {
    strict.decode(data)
    return []
  } catch {
    // The decoder tells no more than that it is not UTF-8.
    return [{ severity: 'error', message: 'the record is not valid UTF-8' }]
  }
}

function guessStream(frames: readonly Frame[]): SurfaceName {
  for (const { event, data } of frames) {
    const text = utf8.decode(data)
    if (event.startsWith('response.') || /^\s*\{\s*"type"\s*:\s*"response\./.test(text)) return 'responses'
    if (/^(message|content_block)_/.test(event) || /"type"\s*:\s*"(message|content_block)_/.test(text))
      return 'messages'
    if (text.includes('"choices"') || text.trim() === '[DONE]') return 'chat'
  }
  if (frames.length === 0)
    throw new ProxyError('invalid_request', 'there is no event in it: it must be a stream as `curl -N` shows it')
  throw new ProxyError('invalid_request', 'nothing tells which interface this stream is of; say it with --surface')
}

/** Counts lines as SSE has them: ended by LF, CR, or both. Offsets must not fall. */
function openLineCounter(bytes: Uint8Array) {
  let line = 1
  let offset = 0
  const at = (to: number): number => {
    for (; offset < to; offset++) {
      const isLf = bytes[offset] === 0x0a
      if (isLf || (bytes[offset] === 0x0d && bytes[offset + 1] !== 0x0a)) line++
    }
    return line
  }
  return {
    at,
    /** The first line between two offsets that begins with `data`. */
    dataLine(from: number, to: number): number {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from)
      const found = /(?:^|[\r\n])data/.exec(text.toString('latin1'))
      const start = found === null ? 0 : found.index + (/^[\r\n]/.test(found[0]) ? 1 : 0)
      const line = at(from + start)
      at(to)
      return line
    },
  }
}
