import type { Dropped } from '../core/dialect.ts'
import { mergeAlternatives } from '../core/merge-alternatives.ts'
import type { Tool } from '../core/request.ts'

/** A description grows by no more than this; longer alternatives are told by what they require. */
const TOLD_CHARS_MAX = 2_000

type FunctionTool = Tool & { readonly type: 'function' }

/** What OpenAI refuses at the top of a schema besides alternatives. */
export const REFUSED_BY_OPENAI: readonly string[] = Object.freeze(['enum', 'not'])

/**
 * A tool whose schema has no alternatives at its top, which Claude, OpenAI and Nova refuse there. Its description tells
 * them to the model in their place. The same tool where there are none.
 *
 * @param drop told where the model is no longer held to them
 * @param without words that are left out at the top too
 */
export function withPlainSchema(tool: FunctionTool, drop: (name: Dropped) => void, without = NOTHING): FunctionTool {
  const { schema: merged, alternatives } = mergeAlternatives(tool.parameters)
  const schema = without.some((key) => merged[key] !== undefined) ? withoutKeys(merged, without) : merged
  if (schema !== merged) drop('tools.schema')
  if (schema === tool.parameters) return tool
  if (alternatives.length === 0) return { ...tool, parameters: schema }
  drop('tools.schema')
  const told = `The arguments must fit one of: ${toldAlternatives(alternatives)}`
  return { ...tool, parameters: schema, description: tool.description ? `${tool.description}\n\n${told}` : told }
}

const NOTHING: readonly string[] = Object.freeze([])

function withoutKeys(schema: FunctionTool['parameters'], keys: readonly string[]): FunctionTool['parameters'] {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)))
}

function toldAlternatives(alternatives: readonly unknown[]): string {
  const whole = JSON.stringify(alternatives)
  if (whole.length <= TOLD_CHARS_MAX) return whole
  const required = JSON.stringify(alternatives.map((one) => ({ required: Object(one).required ?? [] })))
  return required.length <= TOLD_CHARS_MAX ? required : `${alternatives.length} forms`
}
