import { listOf, textOf, tryObject } from '../core/json.ts'

/**
 * What a block of another dialect says that can be told as text: a search result, a document of parts, a tool that may be
 * called from now on, or that there was sound or a file, as a message of nothing else would be none; `''` for any other.
 */
export function toldText(payload: unknown): string {
  const wire = tryObject(payload) ?? {}
  if (wire.type === 'tool_reference') return `[the tool ${textOf(wire.tool_name)} can be called]`
  if (wire.type === 'input_audio') return '[a recording was here that this model cannot hear]'
  if (wire.type === 'container_upload') return '[a file was here that this model cannot be shown]'
  if (wire.type === 'search_result') return joined([wire.title, wire.source, ...textsIn(wire.content)])
  return wire.type === 'document' ? joined([wire.title, ...textsIn(tryObject(wire.source)?.content)]) : ''
}

function textsIn(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [content] : listOf(content).map((item) => tryObject(item)?.text)
}

function joined(texts: readonly unknown[]): string {
  return texts
    .map(textOf)
    .filter((text) => text !== '')
    .join('\n')
}
