import type { Answer } from './answer.ts'
import type { Fault } from './script.ts'
import type { Step } from './step.ts'

const encoder = new TextEncoder()
const HTML =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser.</body></html>'

/** Changes what is answered. Faults of the connection leave it as it is. */
export function faultyAnswer(fault: Fault, answer: Answer): Answer {
  switch (fault.type) {
    case 'html':
      return { status: 200, headers: [['content-type', 'text/html; charset=utf-8']], body: encoder.encode(HTML) }
    case 'content_type': {
      const headers = answer.headers.filter(([name]) => name !== 'content-type')
      return { ...answer, headers: [...headers, ['content-type', fault.value ?? 'application/octet-stream']] }
    }
    case 'redirect':
      return {
        status: fault.status ?? 307,
        headers: [['location', fault.location ?? 'http://127.0.0.1:1/v1/messages']],
        body: new Uint8Array(0),
      }
    default:
      return answer
  }
}

/** Changes how it is sent. */
export function faultySteps(fault: Fault, steps: Iterable<Step>): Iterable<Step> {
  switch (fault.type) {
    case 'close':
      return [{ type: 'close' }]
    case 'reset': {
      const end: Step = { type: fault.with === 'fin' ? 'close' : 'reset' }
      return fault.at === 'headers' ? [HALF_HEAD, end] : cut(steps, fault.afterEvents ?? 3, [end])
    }
    case 'hang':
      return fault.at === 'headers' ? [{ type: 'hang' }] : cut(steps, fault.afterEvents ?? 3, [{ type: 'hang' }])
    case 'eof':
      return cut(steps, fault.afterEvents ?? 3, [])
    default:
      return steps
  }
}

const HALF_HEAD: Step = { type: 'raw', bytes: encoder.encode('HTTP/1.1 200 OK\r\ncontent-type: text/ev') }

/** The first `events` records, then `end`. Of a body sent whole, half is sent. */
function* cut(steps: Iterable<Step>, events: number, end: readonly Step[]): Generator<Step> {
  let left = events
  let isWhole = false
  for (const step of steps) {
    if (step.type === 'head') {
      isWhole = step.length !== null
      if (isWhole && end.length === 0) {
        yield { ...step, length: null }
        continue
      }
    }
    if (step.type === 'data') {
      if (isWhole) {
        yield { type: 'data', bytes: step.bytes.subarray(0, step.bytes.byteLength >> 1) }
        break
      }
      if (left === 0) break
      left--
    }
    yield step
  }
  yield* end
}
