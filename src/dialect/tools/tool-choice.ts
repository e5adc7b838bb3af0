import type { DialectId, Dropped } from '../../core/dialect.ts'
import type { ChatRequest, ToolChoice } from '../../core/request.ts'

/**
 * The choice that a request makes among its tools, where the tool it names is left: a server refuses to be sent to one
 * that only another dialect can offer. Without it the server's default holds.
 *
 * @param own the dialect that the request is written in
 */
export function choiceLeft(
  { toolChoice, tools }: Pick<ChatRequest, 'toolChoice' | 'tools'>,
  own: DialectId,
  drop: (name: Dropped) => void,
): ToolChoice {
  if (toolChoice.type !== 'tool') return toolChoice
  const chosen = tools.filter(({ name }) => name === toolChoice.name)
  const isLost = chosen.length > 0 && chosen.every(({ type, opaque }) => type === 'opaque' && opaque?.dialect !== own)
  if (!isLost) return toolChoice
  drop('tool_choice')
  return UNSET
}

const UNSET: ToolChoice = Object.freeze({ type: 'unset' })
