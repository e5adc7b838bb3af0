import type { Block, OpaqueBlock } from '../core/block.ts'
import type { DialectId } from '../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../core/json.ts'
import type { ChatRequest, Turn } from '../core/request.ts'
import { toldText } from './told-text.ts'

/** One result is told up to here: a fetched page may be longer than all else that was said. */
const TOLD_CHARS_MAX = 20_000

/** Results that are told of one conversation, its first ones; no real one has nearly as many. */
const RESULTS_MAX = 1_000

/**
 * A conversation in which what a vendor's own tools found or gave is told as text, for a server of another dialect, which has
 * no form for it. It is told by the user, in front of the answer that came of it: a model that finds it among its own
 * words would go on to make such results up. The blocks themselves stay, to be dropped by name. The same object where there
 * are none.
 *
 * @param own the dialect of the server
 */
export function withToldResults(request: ChatRequest, own: DialectId): ChatRequest {
  if (!request.turns.some((turn) => isForeign(turn, own))) return request
  const turns: Turn[] = []
  /** Turns of the assistant's that follow each other, and what is told before them: nothing may part a call from its result. */
  let answer: Turn[] = []
  let told: Block[] = []
  let resultsLeft = RESULTS_MAX
  const tell = (): void => {
    if (told.length > 0) turns.push({ role: 'user', blocks: told })
    for (const turn of answer) turns.push(turn)
    answer = []
    told = []
  }
  for (const turn of request.turns) {
    if (turn.role !== 'assistant') {
      tell()
      turns.push(turn)
      continue
    }
    answer.push(turn)
    if (resultsLeft === 0 || !isForeign(turn, own)) continue
    const blocks = toldResults(turn.blocks, resultsLeft)
    resultsLeft -= blocks.length
    told.push(...blocks)
  }
  tell()
  return { ...request, turns }
}

function isForeign({ role, blocks }: Turn, own: DialectId): boolean {
  return role === 'assistant' && blocks.some((block) => block.type === 'opaque' && block.dialect !== own)
}

function toldResults(blocks: readonly Block[], max: number): readonly Block[] {
  const payloads = blocks.filter((block) => block.type === 'opaque').map(payloadOf)
  const calls = new Map(payloads.map((payload) => [payload.id, payload]))
  const told: Block[] = []
  for (const result of payloads) {
    if (told.length === max) break
    const said = resultText(result)
    if (said === '') continue
    const call = (result.tool_use_id === undefined ? undefined : calls.get(result.tool_use_id)) ?? result
    const cut = said.length > TOLD_CHARS_MAX ? `${said.slice(0, TOLD_CHARS_MAX).toWellFormed()} […]` : said
    told.push({ type: 'text', text: `[${nameOf(call)}${askedOf(call)} gave:]\n${cut}` })
  }
  return told
}

function payloadOf({ payload }: OpaqueBlock): Json {
  return tryObject(payload) ?? {}
}

/** The tool's name, or what a block's type says of it. */
function nameOf({ name, type }: Json): string {
  return textOf(name) || textOf(type).replace(/(_tool)?_(result|call)$/, '')
}

/** What the tool was asked, if that is short. */
function askedOf({ input, arguments: given, action, code, queries }: Json): string {
  const asked = input ?? given ?? action ?? code ?? queries
  const text = typeof asked === 'string' ? asked : JSON.stringify(asked ?? '')
  return text.length > 2 && text.length <= ASKED_CHARS_MAX ? ` ${text}` : ''
}

const ASKED_CHARS_MAX = 500

/** What a block says that a model can read; `''` for a call, for what is encrypted, and for pictures. */
function resultText(block: Json): string {
  const { type, content, results, outputs, output, error } = block
  const inner = tryObject(content) ?? {}
  if (typeof inner.error_code === 'string') return `error: ${inner.error_code}`
  switch (type) {
    case 'web_search_tool_result':
      return lines(listOf(content).map((found) => lines(members(found, 'title', 'url'), ' – ')))
    case 'web_fetch_tool_result':
      return lines([inner.url, textOf(tryObject(tryObject(inner.content)?.source)?.data) || toldText(inner.content)])
    case 'code_execution_tool_result':
    case 'bash_code_execution_tool_result':
    case 'text_editor_code_execution_tool_result':
      return lines([inner.stdout, inner.stderr, inner.content, ...listOf(inner.lines)])
    case 'mcp_tool_result':
      return typeof content === 'string' ? content : lines(listOf(content).map((part) => tryObject(part)?.text))
    case 'advisor_tool_result':
      return textOf(inner.text)
    case 'file_search_call':
      return lines(listOf(results).flatMap((found) => members(found, 'filename', 'text')))
    case 'code_interpreter_call':
      return lines(listOf(outputs).map((one) => tryObject(one)?.logs))
    case 'mcp_call':
      return lines([output, error])
    default:
      return ''
  }
}

function members(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const object = tryObject(value)
  return names.map((name) => object?.[name])
}

function lines(texts: readonly unknown[], between = '\n'): string {
  return texts
    .map(textOf)
    .filter((text) => text !== '')
    .join(between)
}
