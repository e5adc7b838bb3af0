import { type InferenceRequest, record } from './request.ts'
import type { Script } from './script.ts'

const ECHO_CHARS_MAX = 200

/**
 * What the simulator says unasked: who it is, and what it was told. A client that asks for JSON by schema gets a value
 * of that shape, and one that forces a tool gets a call of it, so that agents' one-off background requests work too.
 */
export function demoScript(request: InferenceRequest): Script {
  const forced = forcedTool(request)
  if (forced !== null) return { blocks: [{ tool: forced }] }
  const schema = outputSchema(request)
  if (schema !== null) return { blocks: [{ text: JSON.stringify(sample(schema)) }] }
  if (request.json.max_tokens === 1) return { blocks: [{ text: 'Hello' }], stopReason: 'max_tokens' }
  if (request.endsWithToolResult)
    return { blocks: [{ text: 'The tool has answered; the lynkr simulator is content.' }] }
  const echo = Array.from(request.lastUserText.trim()).slice(0, ECHO_CHARS_MAX).join('')
  const heard = echo === '' ? 'You said nothing, which is fine.' : `You said: ${echo}`
  return {
    blocks: [{ text: `Hello from the lynkr simulator. ${heard}\n\nNo model was asked; add a provider to reach one.` }],
  }
}

/** The tool that `tool_choice` leaves no way around, with an argument of its schema's shape. */
function forcedTool({ json }: InferenceRequest): { name: string; input: Record<string, unknown> } | null {
  const choice = json.tool_choice === 'required' ? { type: 'any' } : record(json.tool_choice)
  if (choice.type !== 'any' && choice.type !== 'tool' && choice.type !== 'function') return null
  const wanted = choice.name ?? record(choice.function).name
  const tools = (Array.isArray(json.tools) ? json.tools : [])
    .map(record)
    .map((tool) => ({ ...tool, ...record(tool.function) }))
  const tool = tools.map(record).find((candidate) => wanted === undefined || candidate.name === wanted)
  if (tool === undefined || typeof tool.name !== 'string') return null
  const input = sample(record(tool.input_schema ?? tool.parameters))
  return { name: tool.name, input: { ...record(input) } }
}

function outputSchema({ json }: InferenceRequest): Readonly<Record<string, unknown>> | null {
  const format = record(
    record(json.output_config).format ?? json.output_format ?? json.response_format ?? record(json.text).format,
  )
  if (format.type === 'json_object') return {}
  if (format.type !== 'json_schema') return null
  return record(format.schema ?? record(format.json_schema).schema)
}

const DEPTH_MAX = 8

/** The smallest pleasant value of a JSON Schema: required members only, first of an enum, a short text. */
function sample(schema: Readonly<Record<string, unknown>>, depth = 0): unknown {
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0]
  const options = schema.anyOf ?? schema.oneOf
  if (Array.isArray(options) && depth < DEPTH_MAX) return sample(record(options[0]), depth + 1)
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'string':
      return 'lynkr simulator'
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 0
    case 'boolean':
      return false
    case 'null':
      return null
    case 'array':
      return []
    default:
      return sampleObject(schema, depth)
  }
}

function sampleObject(schema: Readonly<Record<string, unknown>>, depth: number): Readonly<Record<string, unknown>> {
  if (depth >= DEPTH_MAX || !Array.isArray(schema.required)) return {}
  const properties = record(schema.properties)
  return Object.fromEntries(schema.required.map((name) => [name, sample(record(properties[String(name)]), depth + 1)]))
}
