import { type Json, listOf, textOf, tryObject, tryObjectIn } from '../../core/json.ts'
import { type Ending, error, type Flaw, type StreamLinter } from '../../core/stream-linter.ts'
import { frameText } from '../frame.ts'

const FINISHED = new Set(['response.completed', 'response.incomplete'])
const FAILED = new Set(['response.failed', 'error'])

/**
 * Lints a recorded Responses stream: numbered events, items that open, close and have their deltas between, and a last
 * event that holds what was streamed.
 */
export function openLinter(): StreamLinter {
  const open = new Map<number, string>()
  const closed = new Set<number>()
  let ending: Ending = 'cut'
  let isCreated = false
  let lastNumber: number | null = null

  function checkNumber(type: string, value: unknown): Flaw[] {
    if (typeof value !== 'number') return [error(`${type} has no sequence_number`)]
    const due: number = lastNumber === null ? value : lastNumber + 1
    lastNumber = value
    return value === due ? [] : [error(`sequence_number ${value} where ${due} is due`)]
  }

  function checkItem(type: string, event: Json): Flaw[] {
    const { output_index: index, item_id: itemId } = event
    const item = tryObject(event.item)
    if (typeof index !== 'number') return [error(`${type} has no output_index`)]
    if (type === 'response.output_item.added') {
      const isNext = index === open.size + closed.size
      open.set(index, textOf(item?.id))
      return isNext ? [] : [error(`item ${index} where ${open.size + closed.size - 1} is due`)]
    }
    if (!open.has(index)) return [error(`${type} for item ${index}, which is not open`)]
    if (type === 'response.output_item.done') {
      open.delete(index)
      closed.add(index)
      return textOf(item?.type) === '' ? [error('the finished item has no type')] : []
    }
    const known = open.get(index)
    return known === '' || itemId === undefined || itemId === known
      ? []
      : [error(`${type} names another item than ${index}`)]
  }

  function checkEnd(type: string, event: Json): Flaw[] {
    ending = FINISHED.has(type) ? 'finished' : 'error'
    if (type === 'error') return []
    const response = tryObject(event.response)
    if (response === null || textOf(response.id) === '') return [error(`${type} has no response with an id`)]
    if (ending === 'error') return tryObject(response.error) === null ? [error('the failed response has no error')] : []
    const flaws = [...open.keys()].map((index) => error(`item ${index} is still open at ${type}`))
    const told = listOf(response.output).length
    if (told !== closed.size) flaws.push(error(`${type} holds ${told} items, of which ${closed.size} were streamed`))
    if (tryObject(response.usage) === null) flaws.push(error(`${type} has no usage`))
    return flaws
  }

  function checkEvent(type: string, event: Json): Flaw[] {
    if (type === 'response.created') {
      const isSecond = isCreated
      isCreated = true
      return isSecond ? [error('a second response.created')] : []
    }
    if (FAILED.has(type)) return checkEnd(type, event)
    if (!isCreated) return [error(`${type} before response.created`)]
    if (FINISHED.has(type)) return checkEnd(type, event)
    return 'output_index' in event || type.startsWith('response.output_item.') ? checkItem(type, event) : []
  }

  return {
    push(frame) {
      const text = frameText(frame)
      if (ending !== 'cut') return text.trim() === '[DONE]' ? [] : [error('a record after the end of the stream')]
      const event = tryObjectIn(text)
      if (event === null) return [error('the record is no JSON object')]
      const type = textOf(event.type)
      if (type === '') return [error('the data has no type')]
      const isNamed = frame.event === '' || frame.event === type
      const named = isNamed ? [] : [error(`the event line says ${frame.event}, the data says ${type}`)]
      return [...named, ...checkNumber(type, event.sequence_number), ...checkEvent(type, event)]
    },
    end: () => (ending === 'cut' ? [error('the stream ends without response.completed, incomplete or failed')] : []),
    ending: () => ending,
  }
}
