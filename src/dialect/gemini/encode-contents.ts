import type { Block, TextBlock, ThinkingBlock, ToolResultBlock } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { ChatRequest, Turn } from '../../core/request.ts'
import { roundsOf } from '../../core/rounds.ts'
import { tryUnseal } from '../../core/sealed.ts'
import { encodeInput } from '../anthropic/encode-block.ts'
import { CLOSING, OPENING } from '../anthropic/place-turns.ts'
import { isAttribution } from '../attribution.ts'
import { type DropList, droppedName } from '../dropped.ts'
import { reminder } from '../reminder.ts'
import type { ToolNames } from '../tools/tool-names.ts'
import { encodeUserParts, textPart } from './encode-parts.ts'

/** Whose words a sealed signature holds. */
export const SEAL = 'gemini'

/**
 * What Google documents for calls that its models did not make, as of a conversation begun elsewhere: it says that
 * there is no signature, and claims none.
 */
const NO_SIGNATURE = 'skip_thought_signature_validator'

/** What encoders of a conversation's parts share. */
export interface ContentsContext {
  readonly names: ToolNames
  readonly dropped: DropList
  /** Whether the model refuses a call of its history that has no signature. */
  readonly needsSignature: boolean
}

/**
 * Initial prompt and turns as `contents`: results right behind their calls, system turns of the middle as marked user
 * text, since roles here are only `user` and `model`.
 */
export function encodeContents(
  request: ChatRequest,
  context: ContentsContext,
): { readonly system: readonly Json[]; readonly contents: readonly Content[] } {
  const system = request.system.flatMap((block) => {
    context.dropped.addCarrier(block)
    return block.text === '' || isAttribution(block) ? [] : [textPart(block.text)]
  })
  const contents: Content[] = []
  context.dropped.addTurns(request.turns)
  for (const { assistant, results, rest } of roundsOf(request.turns)) {
    const model = encodeModelParts(assistant, context)
    say(contents, 'model', model)
    const names = new Map(assistant.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block.name]] : [])))
    const answers = inOrderOfCalls(results, [...names.keys()]).map((result) =>
      encodeResult(result, names.get(result.toolUseId) ?? '', context),
    )
    const media = answers.flatMap(({ parts }) => parts)
    const user = [
      ...answers.map(({ response }) => response),
      ...media,
      ...rest.flatMap((turn) => encodeTurn(turn, context)),
    ]
    say(contents, 'user', user)
  }
  // A call has to follow its user, as where a client took the beginning off, and so has an answer.
  if (contents[0]?.role === 'model') contents.unshift(userSaying(OPENING))
  if (contents.at(-1)?.role !== 'user') contents.push(userSaying(CLOSING))
  return { system, contents }
}

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: Json[]
}

/** Two turns of one side are one, as where nothing was left of what stood between: a call has to follow its user. */
function say(contents: Content[], role: Content['role'], parts: readonly Json[]): void {
  const last = contents.at(-1)
  if (last?.role === role) last.parts.push(...parts)
  else if (parts.length > 0) contents.push({ role, parts: [...parts] })
}

function userSaying({ text }: TextBlock): Content {
  return { role: 'user', parts: [textPart(text)] }
}

/** Results have no id here: of two calls of one tool only the order tells whose each is. */
function inOrderOfCalls(results: readonly ToolResultBlock[], ids: readonly string[]): readonly ToolResultBlock[] {
  const places = new Map(ids.map((id, place) => [id, place]))
  return results.toSorted((one, two) => (places.get(one.toolUseId) ?? 0) - (places.get(two.toolUseId) ?? 0))
}

function encodeTurn({ role, blocks }: Turn, context: ContentsContext): Json[] {
  const parts = encodeUserParts(blocks, context.dropped)
  if (role === 'user' || parts.length === 0) return parts
  const text = parts.flatMap((part) => (typeof part.text === 'string' ? [part.text] : [])).join('\n\n')
  const told = text === '' ? [] : [textPart(reminder(text))]
  return [...told, ...parts.filter((part) => typeof part.text !== 'string')]
}

/**
 * The model's own parts. A signature that came before a part goes back on that part, where it was; where models insist
 * on it, on the call, for a Chat client's message tells no order.
 */
function encodeModelParts(blocks: readonly Block[], { names, dropped, needsSignature }: ContentsContext): Json[] {
  const parts: Json[] = []
  let signature = ''
  let calls = 0
  const firstCall = needsSignature ? blocks.findIndex(({ type }) => type === 'tool_use') : -1
  const push = (part: Json): void => {
    parts.push(signature === '' ? part : { ...part, thoughtSignature: signature })
    signature = ''
  }
  for (const [i, block] of blocks.entries()) {
    if (block.type !== 'opaque') dropped.addCarrier(block)
    if (block.type === 'text' || block.type === 'refusal') {
      if (block.text === '') continue
      if (i < firstCall) parts.push(textPart(block.text))
      else push(textPart(block.text))
    } else if (block.type === 'thinking') {
      signature = signatureOf(block, dropped) || signature
    } else if (block.type === 'tool_use') {
      // Of parallel calls only the first one is signed.
      if (signature === '' && calls === 0 && needsSignature) signature = NO_SIGNATURE
      calls++
      push({ functionCall: { name: names.toWire(block.name), args: encodeInput(block.inputJson) } })
    } else if (block.type === 'opaque') {
      dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
    } else dropped.add(`assistant.${block.type}`)
  }
  if (signature !== '') push({ text: '' })
  return parts
}

/** Google's own signature, `''` for another's, which is dropped by name as its thought is. */
function signatureOf({ text, signature }: ThinkingBlock, dropped: DropList): string {
  const [own] = tryUnseal(signature, SEAL) ?? []
  // The text of a thought is a summary for people; the signature alone is what the model takes back.
  if (own !== undefined) return own
  if (signature !== '') dropped.add('thinking.signature')
  if (text !== '') dropped.add('thinking')
  return ''
}

function encodeResult(
  result: ToolResultBlock,
  name: string,
  { names, dropped }: ContentsContext,
): { readonly response: Json; readonly parts: readonly Json[] } {
  dropped.addCarrier(result)
  const all = encodeUserParts(result.content, dropped)
  const text = all.flatMap((part) => (typeof part.text === 'string' ? [part.text] : [])).join('\n')
  const parts = all.filter((part) => typeof part.text !== 'string')
  const response = result.isError ? { error: text } : { output: text }
  return { response: { functionResponse: { name: names.toWire(name), response } }, parts }
}
