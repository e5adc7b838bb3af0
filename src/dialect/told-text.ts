import { listOf, textOf, tryObject } from './openai-chat/wire.ts'

/**
 * What a block of another dialect says that can be told as text: a search result, a tool that may be called from now on,
 * or that there was sound, as a message of nothing else would be none; `''` for any other.
 */
export function toldText(payload: unknown): string {
  const wire = tryObject(payload) ?? {}
  if (wire.type === 'tool_reference') return `[the tool ${textOf(wire.tool_name)} can be called]`
  if (wire.type === 'input_audio') return '[a recording was here that this model cannot hear]'
  if (wire.type !== 'search_result') return ''
  const texts = listOf(wire.content).map((item) => textOf(tryObject(item)?.text))
  return [textOf(wire.title), textOf(wire.source), ...texts].filter((text) => text !== '').join('\n')
}
