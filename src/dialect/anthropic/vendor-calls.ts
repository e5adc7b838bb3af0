import type { Envelope } from '../../core/dialect.ts'
import { textOf, tryObject } from '../../core/json.ts'
import { ADVICE_ASSUMED, ADVICE_TOKENS_ASSUMED, SEARCHES_ASSUMED } from '../../core/limits.ts'
import { type Advisor, limitOr, type VendorCalls } from '../../core/vendor-calls.ts'

/**
 * Searches in the web and advisors; what is fetched costs its tokens alone.
 *
 * @returns `null` where the request offers none, as most do
 * @see Anthropic, "Web search tool", maximum uses, and "Advisor tool", cost control; 2026
 */
export function vendorCalls({ outline }: Pick<Envelope, 'outline'>): VendorCalls | null {
  if (!Array.isArray(outline.tools)) return null
  let webSearches = 0
  let advisors: readonly Advisor[] = []
  for (const value of outline.tools) {
    const tool = tryObject(value) ?? {}
    const type = textOf(tool.type)
    if (type.startsWith('web_search_')) webSearches += limitOr(SEARCHES_ASSUMED, tool.max_uses)
    if (!type.startsWith('advisor_')) continue
    const calls = limitOr(ADVICE_ASSUMED, tool.max_uses)
    const outputTokens = limitOr(ADVICE_TOKENS_ASSUMED, tool.max_tokens)
    advisors = [...advisors, { model: textOf(tool.model), calls, outputTokens }]
  }
  return webSearches + advisors.length === 0 ? null : { webSearches, fileSearches: 0, advisors }
}
