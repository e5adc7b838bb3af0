import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from './wire.ts'

/** Top-level members that `toolsOf` reads. */
export const TOOL_MEMBERS = ['tools', 'functions', 'web_search_options', 'plugins'] as const

/** What a Chat request lets the model use: `tools`, the older `functions`, and searching as OpenAI and OpenRouter offer it. */
export function toolsOf({ json }: Envelope): readonly OfferedTool[] {
  const { web_search_options: search } = json
  return [
    ...listOf(json.tools).map((tool, i) => toolOf(tryObject(tool) ?? {}, `tools.${i}`)),
    ...listOf(json.functions).map((body, i) => named(textOf(tryObject(body)?.name), `functions.${i}.name`)),
    ...(search === undefined || search === null ? [] : [named('web_search', 'web_search_options')]),
    ...listOf(json.plugins).map((plugin, i) => named(textOf(tryObject(plugin)?.id), `plugins.${i}.id`)),
  ]
}

/** A function and a custom tool have the client's name; any other type is the server's own tool. */
function toolOf(tool: Json, path: string): OfferedTool {
  const type = textOf(tool.type)
  if (type === '' || type === 'function') return named(textOf(tryObject(tool.function)?.name), `${path}.function.name`)
  if (type === 'custom') return named(textOf((tryObject(tool.custom) ?? tool).name), `${path}.custom.name`)
  const alias = textOf(tool.name)
  return { name: type, alias: alias === '' || alias === type ? null : alias, path, ...askedModel(tool) }
}

/** The model that a server's own tool asks: OpenAI's tools name it beside their type, OpenRouter's among parameters. */
export function askedModel(tool: Json): Pick<OfferedTool, 'model'> {
  const model = textOf(tool.model) || textOf(tryObject(tool.parameters)?.model)
  return model === '' ? {} : { model }
}

function named(name: string, path: string): OfferedTool {
  return { name, alias: null, path }
}
