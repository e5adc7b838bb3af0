import type { ChatRequest } from '../core/request.ts'

/**
 * A request whose initial prompt tells the schema of the answer, for a model that cannot be held to it. The same object
 * where none is asked for.
 */
export function withToldFormat(request: ChatRequest): ChatRequest {
  const { format, system } = request
  if (format.type !== 'json_schema') return request
  const schema = JSON.stringify(format.schema)
  const text = `Answer with one JSON value and nothing around it, neither words nor a code fence. It must fit this JSON Schema:\n${schema}`
  return { ...request, system: [...system, { type: 'text', text }] }
}
