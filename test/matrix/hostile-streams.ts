import fc from 'fast-check'
import type { DialectId } from '../../src/core/dialect-id.ts'

/** A record of an upstream's stream: the event's name, or `''`, and its data. */
export type Told = readonly [event: string, data: string]

export interface Call {
  readonly name: string
  readonly input: unknown
}

/** What an upstream says, and how: out of order, several things at once, twice, or not to the end. */
export interface HostileStream {
  readonly frames: readonly Told[]
  /** The upstream stops before it said that its answer is complete. */
  readonly isCut: boolean
  readonly said: { readonly text: string; readonly calls: readonly Call[] }
}

/** One block of the answer: its text or argument in pieces. */
interface Part {
  readonly kind: 'text' | 'call'
  readonly name: string
  readonly id: string
  readonly pieces: readonly string[]
  readonly habits: readonly boolean[]
}

const anyPieces = (whole: string): fc.Arbitrary<string[]> =>
  fc.array(fc.nat(whole.length), { maxLength: 4 }).map((cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), whole.length]
    return at.slice(1).map((to, i) => whole.slice(at[i], to))
  })

const anyInput = fc.dictionary(fc.constantFrom('path', 'n', 'é"\n'), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
const anyArgument = anyInput.map((input) => JSON.stringify(input))
const anyWords = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
const anyHabits = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })

const anyPart = (n: number): fc.Arbitrary<Part> =>
  fc
    .tuple(fc.constantFrom<Part['kind']>('text', 'call'), anyWords, anyArgument, anyHabits)
    .chain(([kind, words, argument, habits]) =>
      anyPieces(kind === 'text' ? words : argument).map((pieces) => ({
        kind,
        name: ['Read', 'Write', 'Bash', 'Glob'][n] ?? 'Read',
        id: `call_${n}`,
        pieces,
        habits,
      })),
    )

const anyParts = fc.nat(4).chain((count) => fc.tuple(...Array.from({ length: count }, (_, n) => anyPart(n))))

/** Several sequences as one, each in its own order; `picks` says whose turn it is. Without picks, one after another. */
function interleave<T>(sequences: readonly (readonly T[])[], picks: readonly number[]): T[] {
  const left = sequences.map((one) => [...one])
  const out: T[] = []
  for (const pick of picks) {
    const open = left.filter((one) => one.length > 0)
    const next = open[pick % Math.max(1, open.length)]?.shift()
    if (next !== undefined) out.push(next)
  }
  return [...out, ...left.flat()]
}

type Writer = (parts: readonly Part[], picks: readonly number[], habits: readonly boolean[]) => Written

interface Written {
  readonly body: readonly Told[]
  /** From the record on that says that the answer is complete. */
  readonly end: readonly Told[]
}

const json = (value: object, event = ''): Told => [event, JSON.stringify(value)]

const WRITERS: Readonly<Record<DialectId, Writer>> = {
  anthropic(parts, picks, [isTwice, hasDelta = true, hasStop = true]) {
    const say = (type: string, members: object = {}): Told => json({ type, ...members }, type)
    const blocks = parts.map((part, index) => {
      const [isWhole, noStop, stopsTwice, , hasIdleDelta] = part.habits
      const isCall = part.kind === 'call'
      const argument = part.pieces.join('')
      const comesWhole = isCall && isWhole && argument !== '{}'
      const block = isCall
        ? { type: 'tool_use', id: part.id, name: part.name, input: comesWhole ? JSON.parse(argument) : {} }
        : { type: 'text', text: '' }
      const delta = (text: string): Told =>
        say('content_block_delta', {
          index,
          delta: isCall ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text },
        })
      return [
        say('content_block_start', { index, content_block: block }),
        ...(hasIdleDelta ? [delta('')] : []),
        ...(comesWhole ? [] : part.pieces.map(delta)),
        ...(noStop ? [] : [say('content_block_stop', { index })]),
        ...(stopsTwice ? [say('content_block_stop', { index })] : []),
      ]
    })
    const usage = { input_tokens: 3, output_tokens: 1 }
    const start = say('message_start', { message: { id: 'msg_1', role: 'assistant', model: 'm', content: [], usage } })
    const delta = say('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage })
    return {
      body: [start, ...(isTwice ? [start] : []), say('ping'), ...interleave(blocks, picks)],
      end: hasDelta || !hasStop ? [delta, ...(hasStop ? [say('message_stop')] : [])] : [say('message_stop')],
    }
  },

  'openai-chat'(parts, picks, [hasUsage, hasDone = true, isFinishedTwice, isUsageEarly]) {
    const chunk = (delta: object, reason: string | null = null): Told =>
      json({
        id: 'c',
        object: 'chat.completion.chunk',
        model: 'm',
        choices: [{ index: 0, delta, finish_reason: reason }],
      })
    const calls = parts.filter(({ kind }) => kind === 'call')
    const said = parts.map((part) => {
      if (part.kind === 'text') return part.pieces.map((content) => chunk({ content }))
      const [isLate, repeatsId, repeatsName, noId, hasIdleDelta] = part.habits
      const index = calls.indexOf(part)
      const fragment = (members: object): Told => chunk({ tool_calls: [{ index, ...members }] })
      const head = fragment({
        ...(!noId && { id: part.id }),
        type: 'function',
        function: { name: part.name, arguments: '' },
      })
      const pieces = part.pieces.map((piece) =>
        fragment({
          ...(repeatsId && !noId && { id: part.id }),
          function: { ...(repeatsName && !isLate && { name: part.name }), arguments: piece },
        }),
      )
      const idle = hasIdleDelta ? [fragment({ function: { arguments: '' } }), chunk({})] : []
      return isLate ? [...idle, ...pieces.slice(0, 1), head, ...pieces.slice(1)] : [head, ...idle, ...pieces]
    })
    const usage = json({ id: 'c', choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } })
    const finish = chunk({}, calls.length > 0 ? 'tool_calls' : 'stop')
    return {
      body: [chunk({ role: 'assistant', content: '' }), ...(isUsageEarly ? [usage] : []), ...interleave(said, picks)],
      end: [
        finish,
        ...(isFinishedTwice ? [finish] : []),
        ...(hasUsage ? [usage, usage] : []),
        ...(hasDone ? [['', '[DONE]'] as const] : []),
      ],
    }
  },

  'openai-responses'(parts, picks, [isTwice, hasOutput = true, hasUsage]) {
    const say = (type: string, members: object = {}): Told => json({ type, ...members }, type)
    const whole = (part: Part): object =>
      part.kind === 'call'
        ? {
            type: 'function_call',
            id: `fc_${part.id}`,
            call_id: part.id,
            name: part.name,
            arguments: part.pieces.join(''),
          }
        : {
            type: 'message',
            id: part.id,
            role: 'assistant',
            content: [{ type: 'output_text', text: part.pieces.join(''), annotations: [] }],
          }
    const items = parts.map((part, output_index) => {
      const [noAdded, isSilent, noDeltas] = part.habits
      // Prose that is told in the end alone has lost its place.
      const noDone = isSilent && (part.kind === 'call' || !noAdded)
      const empty = { ...whole(part), ...(part.kind === 'call' ? { arguments: '' } : { content: [] }) }
      const type = part.kind === 'call' ? 'response.function_call_arguments' : 'response.output_text'
      const at = { output_index, item_id: part.id, content_index: 0 }
      return [
        ...(noAdded ? [] : [say('response.output_item.added', { output_index, item: empty })]),
        ...(noDeltas ? [] : part.pieces.map((delta) => say(`${type}.delta`, { ...at, delta }))),
        // Without it the whole item stands in the end alone.
        ...(noDone && hasOutput ? [] : [say('response.output_item.done', { output_index, item: whole(part) })]),
      ]
    })
    const response = { id: 'resp_1', model: 'm', status: 'in_progress' }
    const created = say('response.created', { response })
    const usage = hasUsage ? { usage: { input_tokens: 3, output_tokens: 1, total_tokens: 4 } } : {}
    const output = hasOutput ? parts.map(whole) : []
    return {
      body: [created, ...(isTwice ? [created] : []), ...interleave(items, picks)],
      end: [say('response.completed', { response: { ...response, status: 'completed', output, ...usage } })],
    }
  },

  'bedrock-converse'(parts, picks, [isTwice, hasMetadata]) {
    const blocks = parts.map((part, contentBlockIndex) => {
      const [hasStart, noStop, stopsTwice, , hasIdleDelta] = part.habits
      const isCall = part.kind === 'call'
      const start = isCall ? { toolUse: { toolUseId: part.id, name: part.name } } : {}
      const delta = (text: string): Told =>
        json({ contentBlockIndex, delta: isCall ? { toolUse: { input: text } } : { text } }, 'contentBlockDelta')
      const stop = json({ contentBlockIndex }, 'contentBlockStop')
      return [
        ...(isCall || hasStart ? [json({ contentBlockIndex, start }, 'contentBlockStart')] : []),
        ...(hasIdleDelta ? [delta('')] : []),
        ...part.pieces.map(delta),
        ...(noStop ? [] : [stop]),
        ...(stopsTwice ? [stop] : []),
      ]
    })
    const start = json({ role: 'assistant' }, 'messageStart')
    const metadata = json({ usage: { inputTokens: 3, outputTokens: 1 } }, 'metadata')
    const isCalling = parts.some(({ kind }) => kind === 'call')
    return {
      body: [start, ...(isTwice ? [start] : []), ...interleave(blocks, picks)],
      end: [
        json({ stopReason: isCalling ? 'tool_use' : 'end_turn' }, 'messageStop'),
        ...(hasMetadata ? [metadata, metadata] : []),
      ],
    }
  },

  gemini(parts, picks, [hasUsage, isSplit]) {
    const chunk = (members: object, rest: object = {}): Told =>
      json({ responseId: 'r', modelVersion: 'm', candidates: [{ index: 0, ...members }], ...rest })
    const said = parts.map((part) => {
      if (part.kind === 'text') return part.pieces.map((text) => ({ text }))
      const [hasId, sharesId] = part.habits
      const id = hasId ? { id: sharesId ? 'same' : part.id } : {}
      return [{ functionCall: { ...id, name: part.name, args: JSON.parse(part.pieces.join('')) } }]
    })
    const all = interleave<object>(said, picks)
    const chunks = isSplit
      ? all.map((part) => chunk({ content: { role: 'model', parts: [part] } }))
      : [chunk({ content: { role: 'model', parts: all } })]
    const usage = hasUsage ? { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1 } } : {}
    return { body: chunks, end: [chunk({ finishReason: 'STOP' }, usage), chunk({}, usage)] }
  },
}

/** Whatever a server of the dialect may say. What it said is in the order in which it said it. */
export function hostileStream(dialect: DialectId): fc.Arbitrary<HostileStream> {
  const anyCut = fc.option(fc.nat(30), { nil: null, freq: 3 })
  const anyPicks = fc.array(fc.nat(3), { maxLength: 24 })
  return fc.tuple(anyParts, anyPicks, anyHabits, anyCut).map(([parts, picks, habits, cut]) => {
    // Prose said at the same time has no order of its own.
    const isProse = parts.filter(({ kind }) => kind === 'text').length > 1
    const { body, end } = WRITERS[dialect](parts, isProse ? [] : picks, habits)
    const said = {
      text: parts.flatMap(({ kind, pieces }) => (kind === 'text' ? pieces : [])).join(''),
      calls: parts.flatMap(({ kind, name, pieces }) =>
        kind === 'call' ? [{ name, input: JSON.parse(pieces.join('')) }] : [],
      ),
    }
    const isCut = cut !== null && cut < body.length
    return { frames: isCut ? body.slice(0, cut) : [...body, ...end], isCut, said }
  })
}
