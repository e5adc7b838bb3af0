import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { tryFlatFunction } from './flat-tools.ts'

/** Top-level members that `toolsOf` reads. */
export const TOOL_MEMBERS = ['tools', 'functions', 'web_search_options', 'plugins'] as const

/** What a Chat request lets the model use: `tools`, the older `functions`, and searching as OpenAI and OpenRouter offer it. */
export function toolsOf({ json }: Envelope): readonly OfferedTool[] {
  const { web_search_options: search } = json
  return [
    ...listOf(json.tools).flatMap((tool, i) => toolOf(tryObject(tool) ?? {}, `tools.${i}`)),
    ...listOf(json.functions).map((body, i) => named(textOf(tryObject(body)?.name), `functions.${i}.name`)),
    ...(search === undefined || search === null ? [] : [named('web_search', 'web_search_options')]),
    ...listOf(json.plugins).map((plugin, i) => pluginOf(textOf(tryObject(plugin)?.id), `plugins.${i}.id`)),
  ]
}

/** A function and a custom tool have the client's name; any other type is the server's own tool. */
function toolOf(tool: Json, path: string): OfferedTool | readonly OfferedTool[] {
  const type = textOf(tool.type)
  const flat = tryFlatFunction(tool)
  if (flat !== null) return named(textOf(flat.name), `${path}.name`)
  const body = tryObject(tool.function)
  if (type === '' || type === 'function') return named(textOf(body?.name), `${path}.function.name`)
  if (type === 'custom') return named(textOf((tryObject(tool.custom) ?? tool).name), `${path}.custom.name`)
  return type === 'builtin_function'
    ? builtinOf(textOf(body?.name), `${path}.function.name`)
    : serverTools(tool, type, path)
}

/** Kimi's own functions are named by the client, with a mark that tells them from its own. */
function builtinOf(name: string, path: string): OfferedTool {
  return { name, alias: name.replace(/^\$/, ''), path }
}

/** OpenRouter's plugin `web` is what is called `web_search` elsewhere. */
function pluginOf(name: string, path: string): OfferedTool {
  return { name, alias: name === 'web' ? 'web_search' : null, path }
}

/**
 * A server's own tool goes by its type: `name`. One entry for each thing that it is called besides, by the client or where
 * other vendors have it: `web_search_preview` and `openrouter:web_search` are `web_search`.
 */
export function serverTools(tool: Json, name: string, path: string): readonly OfferedTool[] {
  const usual = name.replace(/^[a-z]+:/, '').replace(/_preview$/, '')
  const aliases = [textOf(tool.name), usual].filter((alias) => alias !== '' && alias !== name)
  const model = askedModel(tool)
  return (aliases.length === 0 ? [null] : aliases).map((alias) => ({ name, alias, path, ...model }))
}

/** The model that a server's own tool asks: OpenAI's tools name it beside their type, OpenRouter's among parameters. */
function askedModel(tool: Json): Pick<OfferedTool, 'model'> {
  const model = textOf(tool.model) || textOf(tryObject(tool.parameters)?.model)
  return model === '' ? {} : { model }
}

function named(name: string, path: string): OfferedTool {
  return { name, alias: null, path }
}
