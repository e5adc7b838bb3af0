import type { Envelope } from '../../core/dialect.ts'
import { listOf, textOf, tryObject } from '../../core/json.ts'
import { SEARCHES_ASSUMED } from '../../core/limits.ts'
import { limitOr, type VendorCalls } from '../../core/vendor-calls.ts'
import { toolsAddedBy } from './tools-of.ts'

/**
 * Searches in the web and in files, of which a request sets one limit for all.
 *
 * @returns `null` where the request offers none
 * @see OpenAI, API reference, "Create a response", `max_tool_calls`; 2026
 */
export function vendorCalls({ outline }: Pick<Envelope, 'outline'>): VendorCalls | null {
  let isInWeb = false
  let isInFiles = false
  const note = (tool: unknown): void => {
    const type = textOf(tryObject(tool)?.type)
    isInWeb ||= type.startsWith('web_search')
    isInFiles ||= type === 'file_search'
  }
  listOf(outline.tools).forEach(note)
  for (const item of listOf(outline.input)) {
    const added = toolsAddedBy(item)
    if (added !== undefined) listOf(added).forEach(note)
  }
  if (!isInWeb && !isInFiles) return null
  const calls = limitOr(SEARCHES_ASSUMED, outline.max_tool_calls)
  return { webSearches: isInWeb ? calls : 0, fileSearches: isInFiles ? calls : 0, advisors: [] }
}
