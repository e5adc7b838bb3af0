import { callCount, type Extras, type OtherModel } from '../../core/extras.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { NO_USAGE, tokenCount } from '../../core/usage.ts'

/**
 * Searches, which are billed by the call: as many as the server says that it bills, else those among the output. Pages that
 * are opened, or searched through, are no searches.
 *
 * @see OpenAI, "Web search", output and citations; "Pricing", tools; its library's `Response.ToolUsage`; 2026
 */
export function countSearches({ output, tool_usage: told }: Json): Pick<Extras, 'webSearches' | 'fileSearches'> {
  let webSearches = 0
  let fileSearches = 0
  for (const value of listOf(output)) {
    const item = tryObject(value)
    if (item?.type === 'file_search_call') fileSearches++
    if (item?.type === 'web_search_call' && (tryObject(item.action)?.type ?? 'search') === 'search') webSearches++
  }
  const billed = tryObject(tryObject(told)?.web_search)?.num_requests
  return { webSearches: typeof billed === 'number' ? callCount(billed) : webSearches, fileSearches }
}

/** What the model that makes pictures used, which the response's own usage leaves out; `null` where there is none. */
export function pictureUse({ tools, tool_usage: told }: Json): OtherModel | null {
  const made = tryObject(tryObject(told)?.image_gen)
  const outputTokens = tokenCount(made?.output_tokens)
  const prompt = tokenCount(made?.input_tokens)
  if (made === null || prompt + outputTokens === 0) return null
  const tool = listOf(tools).find((one) => tryObject(one)?.type === 'image_generation')
  const read = Math.min(prompt, tokenCount(made.cached_tokens))
  return {
    model: textOf(tryObject(tool)?.model),
    usage: { ...NO_USAGE, inputTokens: prompt - read, cacheReadTokens: read, outputTokens },
    mediaTokens: Math.min(outputTokens, tokenCount(tryObject(made.output_tokens_details)?.image_tokens)),
  }
}
