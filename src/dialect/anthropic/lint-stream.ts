import type { Frame } from '../../core/dialect.ts'
import { openGrammar } from '../../core/grammar.ts'
import { isJson, type Json, textOf, tryObject } from '../../core/json.ts'
import { type Ending, error, type Flaw, type StreamLinter, warning } from '../../core/stream-linter.ts'
import { tryJson } from '../../core/try-json.ts'
import { openDecoder } from './decoder.ts'

const KNOWN = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'ping',
  'error',
])

/**
 * Lints a recorded Messages stream: the grammar of blocks by the machine that guards lynkr's own streams, and besides
 * what the official clients trip over.
 */
export function openLinter(): StreamLinter {
  const decoder = openDecoder()
  const grammar = openGrammar()
  const calls = openCallCheck()
  let ending: Ending = 'cut'
  let hasReason = false

  function checkEvent(type: string, wire: Json): Flaw[] {
    switch (type) {
      case 'message_start':
        return checkMessage(tryObject(wire.message))
      case 'content_block_start':
      case 'content_block_delta':
      case 'content_block_stop':
        return [...checkIndex(type, wire), ...calls.check(type, wire)]
      case 'message_delta':
        if (typeof tryObject(wire.delta)?.stop_reason === 'string') hasReason = true
        return tryObject(wire.usage) === null ? [error('message_delta has no usage')] : []
      case 'message_stop':
        ending = 'finished'
        return hasReason ? [] : [error('message_stop before any message_delta with a stop_reason')]
      case 'error':
        ending = 'error'
        return textOf(tryObject(wire.error)?.type) === '' ? [error('the error event has no error.type')] : []
      default:
        return KNOWN.has(type) ? [] : [warning(`${type} is no event that is known`)]
    }
  }

  return {
    push(frame: Frame) {
      if (ending !== 'cut') return [error(`${frame.event || 'a record'} after the end of the stream`)]
      const wire = tryObject(tryJson(frame.data))
      if (wire === null) return [error(`${frame.event || 'a record'} is no JSON object`)]
      const type = textOf(wire.type)
      const flaws = [...checkName(frame, type), ...checkEvent(type, wire)]
      for (const event of decoder.push(frame)) {
        const wrong = grammar.check(event)
        if (wrong !== null) flaws.push(error(wrong))
      }
      return flaws
    },
    end: () => (ending === 'cut' ? [error('the stream ends without message_stop or an error event')] : []),
    ending: () => ending,
  }
}

function checkName({ event }: Frame, type: string): Flaw[] {
  if (type === '') return [error('the data has no type')]
  if (event === '') return [error(`${type} has no event line, by which clients know it`)]
  return event === type ? [] : [error(`the event line says ${event}, the data says ${type}`)]
}

function checkMessage(message: Json | null): Flaw[] {
  if (message === null) return [error('message_start has no message')]
  const { id, role, model, content, usage } = message
  const checks = [
    [typeof id === 'string' && id !== '', 'id is no text'],
    [role === 'assistant', 'role is not assistant'],
    [typeof model === 'string', 'model is no text'],
    [Array.isArray(content) && content.length === 0, 'content is not an empty list'],
    [tryObject(usage) !== null, 'usage is missing'],
  ] as const
  return checks.flatMap(([isRight, wrong]) => (isRight ? [] : [error(`message_start: ${wrong}`)]))
}

function checkIndex(type: string, { index }: Json): Flaw[] {
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? [] : [error(`${type} has no index`)]
}

/** A tool call's argument, put together, must be JSON: clients parse it when its block stops. */
function openCallCheck() {
  let json: string | null = null
  return {
    check(type: string, wire: Json): Flaw[] {
      if (type === 'content_block_start') {
        json = /tool_use$/.test(textOf(tryObject(wire.content_block)?.type)) ? '' : null
        return []
      }
      if (json === null) return []
      if (type === 'content_block_delta') {
        json += textOf(tryObject(wire.delta)?.partial_json)
        return []
      }
      const whole = json
      json = null
      return whole === '' || isJson(whole) ? [] : [error('the argument of the tool call is not JSON')]
    },
  }
}
