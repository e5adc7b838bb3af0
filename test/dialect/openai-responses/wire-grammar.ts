type Json = Readonly<Record<string, unknown>>

/** The events of a Responses stream, read by nothing of lynkr's. */
export function wireEvents(wire: string): Json[] {
  return wire
    .split('\n\n')
    .filter((record) => record.startsWith('event: '))
    .map((record) => {
      const [name = '', data = ''] = record.split('\n')
      const event = JSON.parse(data.slice('data: '.length))
      if (name !== `event: ${event.type}`) throw new Error(`${name} is not ${event.type}`)
      return event
    })
}

/**
 * Throws what is wrong with a stream by the rules that clients rely on: numbers without a gap, items one after the
 * other under dense indices, every delta inside its item, every `done` the sum of its deltas, and a terminal event
 * that repeats what the items said.
 */
export function checkWire(events: readonly Json[]): void {
  const done: unknown[] = []
  let open: Json | null = null
  let text = ''
  events.forEach((event, i) => {
    const type = String(event.type)
    must(event.sequence_number === i, `${type} has number ${event.sequence_number} at place ${i}`)
    if (i === 0) must(type === 'response.created', `the first event is ${type}`)
    if (i === 1) must(type === 'response.in_progress', `the second event is ${type}`)
    const isLast = i === events.length - 1
    must(TERMINAL.has(type) === isLast, `${type} at place ${i} of ${events.length}`)
    if ('response' in event && type !== 'response.failed') must(idOf(event) === idOf(events[0]), 'the id changed')
    if (type === 'response.output_item.added') {
      must(open === null, 'an item begins inside another')
      must(event.output_index === done.length, `index ${event.output_index} where ${done.length} is due`)
      open = recordOf(event.item)
      text = ''
    } else if ('output_index' in event) {
      must(open !== null && event.output_index === done.length, `${type} outside of an item`)
      if ('item_id' in event) must(event.item_id === open?.id, `${type} names another item`)
    }
    if (type.endsWith('.delta')) text += String(event.delta)
    for (const name of ['text', 'arguments', 'input', 'refusal']) {
      const isEmptyCall = name === 'arguments' && text === '' && event[name] === '{}'
      if (type.endsWith('.done') && name in event) must(event[name] === text || isEmptyCall, `${type} is no sum`)
    }
    if (type === 'response.output_item.done') {
      must(recordOf(event.item).id === open?.id, 'an item ends as another')
      done.push(event.item)
      open = null
    }
    if (type === 'response.completed' || type === 'response.incomplete') {
      must(open === null, 'an item has no end')
      must(JSON.stringify(recordOf(event.response).output) === JSON.stringify(done), 'the output is not what was sent')
      must(`response.${recordOf(event.response).status}` === type, 'the status is not the event')
    }
  })
}

const TERMINAL = new Set(['response.completed', 'response.incomplete', 'response.failed'])

function idOf(event: Json | undefined): unknown {
  return recordOf(event?.response).id
}

function recordOf(value: unknown): Json {
  // A test reads wire objects member by member.
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function must(holds: boolean, wrong: string): void {
  if (!holds) throw new Error(wrong)
}
