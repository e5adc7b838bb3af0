import type { Answer } from './answer.ts'
import type { Ids } from './ids.ts'
import { gzipBomb, hugeBody, hugeLine } from './oversize.ts'
import type { Flavor } from './profile.ts'
import type { Fault } from './script.ts'
import type { Header, Step } from './step.ts'
import { voiceOf } from './voice.ts'

const encoder = new TextEncoder()
const HTML =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser.</body></html>'
/** Where a fault strikes a stream if its script does not say. */
const AFTER_EVENTS = 3
const BYTES_PER_SECOND = 1
const MS_PER_SECOND = 1_000

/** Changes what is answered. Faults of the connection leave it as it is. */
export function faultyAnswer(fault: Fault, answer: Answer, flavor: Flavor, ids: Ids): Answer {
  const { status, headers, body } = answer
  switch (fault.type) {
    case 'html':
      return { status: 200, headers: [['content-type', 'text/html; charset=utf-8']], body: encoder.encode(HTML) }
    case 'content_type':
      return { ...answer, headers: typed(headers, fault.value ?? 'application/octet-stream') }
    case 'redirect': {
      const location = fault.location ?? 'http://127.0.0.1:1/v1/messages'
      return { status: fault.status ?? 307, headers: [['location', location]], body: new Uint8Array(0) }
    }
    case 'malformed':
      return { ...answer, body: body instanceof Uint8Array ? encoder.encode('{"id":"msg_1",,}') : malformed(body) }
    case 'truncated':
      return { ...answer, body: body instanceof Uint8Array ? half(body) : truncated(body) }
    case 'error_event': {
      if (body instanceof Uint8Array) return answer
      const failure = { status: flavor === 'anthropic' || flavor === 'vertex' ? 529 : 500, ...fault }
      return {
        ...answer,
        body: brokenOff(body, fault.afterEvents ?? AFTER_EVENTS, voiceOf(flavor).breakOff(failure, ids)),
      }
    }
    case 'invalid_utf8':
      return { ...answer, body: body instanceof Uint8Array ? spoilt(body) : mapped(body, spoilt) }
    case 'huge_body':
      return { ...answer, body: hugeBody(body, fault.bytes) }
    case 'huge_line':
      return { ...answer, body: hugeLine(body, fault.bytes) }
    case 'gzip_bomb':
      return { status, headers: [...headers, ['content-encoding', 'gzip']], body: gzipBomb(fault.bytes) }
    default:
      return answer
  }
}

/** Changes how it is sent. Faults of the answer leave it as it is. */
export function faultySteps(fault: Fault, steps: Iterable<Step>): Iterable<Step> {
  switch (fault.type) {
    case 'close':
      return [{ type: 'close' }]
    case 'reset': {
      const end: Step = { type: fault.with === 'fin' ? 'close' : 'reset' }
      return fault.at === 'headers' ? [HALF_HEAD, end] : cut(steps, fault.afterEvents ?? AFTER_EVENTS, end)
    }
    case 'hang': {
      const end: Step = { type: 'hang' }
      return fault.at === 'headers' ? [end] : cut(steps, fault.afterEvents ?? AFTER_EVENTS, end)
    }
    case 'error_event':
      return lastApart(steps)
    case 'eof':
      return cut(steps, fault.afterEvents ?? AFTER_EVENTS, null)
    case 'split':
      return pieces(steps, fault.bytes ?? 1, 0)
    case 'drip':
      return pieces(steps, 1, MS_PER_SECOND / (fault.bytesPerSecond ?? BYTES_PER_SECOND))
    default:
      return steps
  }
}

const HALF_HEAD: Step = { type: 'raw', bytes: encoder.encode('HTTP/1.1 200 OK\r\ncontent-type: text/ev') }

/** The first `events` records, then `end`; of a body sent whole, half. Without an end HTTP itself closes properly. */
function* cut(steps: Iterable<Step>, events: number, end: Step | null): Generator<Step> {
  let left = events
  let isWhole = false
  for (const step of steps) {
    if (step.type === 'head') {
      isWhole = step.length !== null
      yield end === null ? { ...step, length: null } : step
      continue
    }
    if (step.type === 'data') {
      if (isWhole) yield { type: 'data', bytes: half(step.bytes) }
      if (isWhole || left === 0) break
      left--
    }
    yield step
  }
  if (end !== null) yield end
}

/** What ends a stream is seen after what came before: an error together with the first words would be another answer. */
function* lastApart(steps: Iterable<Step>): Generator<Step> {
  let held: Step | null = null
  for (const step of steps) {
    if (held !== null) yield held
    held = step
  }
  if (held === null) return
  yield { type: 'let_read' }
  yield held
}

/** The body in pieces of `size` bytes, each sent by itself. */
function* pieces(steps: Iterable<Step>, size: number, pauseMs: number): Generator<Step> {
  for (const step of steps) {
    if (step.type !== 'data') {
      yield step
      continue
    }
    for (let at = 0; at < step.bytes.byteLength; at += size) {
      yield { type: 'data', bytes: step.bytes.subarray(at, at + size) }
      yield { type: 'pause', ms: pauseMs }
    }
  }
}

function typed(headers: readonly Header[], value: string): readonly Header[] {
  return headers.map(([name, old]) => [name, name === 'content-type' ? value : old])
}

/** A record that is no JSON, after the first one. */
function* malformed(records: Iterable<Uint8Array>): Generator<Uint8Array> {
  let isFirst = true
  for (const record of records) {
    yield record
    if (isFirst) yield encoder.encode('no colon here\ndata: {"type":"content_block_delta","index":0,"delta":{\n\n')
    isFirst = false
  }
}

/** Ends in the middle of the second record. */
function* truncated(records: Iterable<Uint8Array>): Generator<Uint8Array> {
  let sent = 0
  for (const record of records) {
    yield sent === 0 ? record : half(record)
    if (++sent === 2) return
  }
}

function* brokenOff(records: Iterable<Uint8Array>, events: number, last: Uint8Array): Generator<Uint8Array> {
  let left = events
  for (const record of records) {
    if (left-- === 0) break
    yield record
  }
  yield last
}

function* mapped(records: Iterable<Uint8Array>, map: (record: Uint8Array) => Uint8Array): Generator<Uint8Array> {
  for (const record of records) yield map(record)
}

/** Puts bytes that are no UTF-8 into the text: an impossible one, and a lead without its continuation. */
function spoilt(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes)
  const found = /"(?:text|content)":"./.exec(text.toString('latin1'))
  if (found === null) return bytes
  const at = found.index + found[0].length - 1
  return Buffer.concat([text.subarray(0, at), SPOILT, text.subarray(at)])
}

const SPOILT = new Uint8Array([0xff, 0xc3, 0x28])

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.byteLength >> 1)
}
