import type { Json } from '../core/json.ts'
import { tryJson } from '../core/try-json.ts'
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
  const config = record(json.toolConfig)
  const wanted = forcedName(json) ?? geminiForcedName(config) ?? converseForcedName(config)
  if (wanted === null) return null
  const tools = [json.tools, config.tools].flatMap((offered) => (Array.isArray(offered) ? offered : [])).flatMap(offers)
  const tool = tools.find(({ name }) => wanted === ANY || name === wanted)
  if (tool === undefined || typeof tool.name !== 'string') return null
  return { name: tool.name, input: { ...record(sample(record(tool.schema))) } }
}

/** Whichever tool comes first. */
const ANY = Symbol('any')

function forcedName({ tool_choice: asked }: InferenceRequest['json']): unknown {
  const choice = asked === 'required' ? { type: 'any' } : record(asked)
  if (choice.type !== 'any' && choice.type !== 'tool' && choice.type !== 'function') return null
  return choice.name ?? record(choice.function).name ?? ANY
}

function geminiForcedName({ functionCallingConfig }: InferenceRequest['json']): unknown {
  const { mode, allowedFunctionNames: names } = record(functionCallingConfig)
  if (mode !== 'ANY') return null
  return (Array.isArray(names) ? names[0] : undefined) ?? ANY
}

function converseForcedName({ toolChoice }: InferenceRequest['json']): unknown {
  const { any, tool } = record(toolChoice)
  return record(tool).name ?? (any === undefined ? null : ANY)
}

interface Offer {
  readonly name: unknown
  readonly schema: unknown
}

/** A tool as every dialect writes it; Gemini's are lists of functions. */
function offers(value: unknown): Offer[] {
  const tool = record(value)
  if (Array.isArray(tool.functionDeclarations)) return tool.functionDeclarations.flatMap(offers)
  const { name, input_schema, parameters, inputSchema } = record({
    ...tool,
    ...record(tool.function),
    ...record(tool.toolSpec),
  })
  return [{ name, schema: input_schema ?? parameters ?? record(inputSchema).json }]
}

function outputSchema({ json }: InferenceRequest): Json | null {
  const { responseMimeType, responseSchema, responseJsonSchema } = record(json.generationConfig)
  if (responseMimeType === 'application/json') return record(responseJsonSchema ?? responseSchema)
  const { schema } = record(record(record(record(json.outputConfig).textFormat).structure).jsonSchema)
  if (typeof schema === 'string') return record(tryJson(schema))
  const config = record(json.output_config ?? record(json.additionalModelRequestFields).output_config)
  const format = record(config.format ?? json.output_format ?? json.response_format ?? record(json.text).format)
  if (format.type === 'json_object') return {}
  if (format.type !== 'json_schema') return null
  return record(format.schema ?? record(format.json_schema).schema)
}

const DEPTH_MAX = 8

/** The smallest pleasant value of a JSON Schema: required members only, first of an enum, a short text. */
function sample(schema: Json, depth = 0): unknown {
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

function sampleObject(schema: Json, depth: number): Json {
  if (depth >= DEPTH_MAX || !Array.isArray(schema.required)) return {}
  const properties = record(schema.properties)
  return Object.fromEntries(schema.required.map((name) => [name, sample(record(properties[String(name)]), depth + 1)]))
}
