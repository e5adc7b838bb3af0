import type { Chaining } from '../../core/dialect.ts'
import { parseExact } from '../../core/exact-json.ts'
import { listOf, textOf, tryObject } from '../../core/json.ts'
import { tokenCount } from '../../core/usage.ts'
import { parseFrame } from '../frame.ts'
import { frameType } from './frame-type.ts'

/** `previous_response_id`: the conversation is the inputs and outputs so far, without the instructions. */
export const chaining: Chaining = {
  previousId: ({ json }) => textOf(json.previous_response_id) || null,
  keptElsewhere: ({ json, outline }) => {
    if (tryObject(json.prompt) !== null) return 'prompt'
    const at = listOf(outline.input).findIndex((item) => tryObject(item)?.type === 'item_reference')
    return at === -1 ? null : `input.${at}`
  },
  isKept: ({ json }) => json.store !== false,
  itemsOf: ({ json: { input } }) => {
    if (typeof input === 'string') return JSON.stringify({ type: 'message', role: 'user', content: input })
    return bare(listOf(input))
  },
  withBefore(envelope, before) {
    const own = chaining.itemsOf(envelope)
    const text = before === '' || own === '' ? before + own : `${before},${own}`
    return { input: parseExact(`[${text}]`), previous_response_id: undefined }
  },
  wholeAnswer(frame) {
    const type = frameType(frame)
    if (type !== 'response.completed' && type !== 'response.incomplete') return null
    return parseFrame(frame).response ?? null
  },
  chained(answer) {
    const response = tryObject(answer)
    const id = textOf(response?.id)
    const isWhole = response?.status === 'completed' || response?.status === 'incomplete'
    if (!isWhole || id === '' || !Array.isArray(response?.output)) return null
    const tokens = tokenCount(tryObject(response.usage)?.total_tokens)
    return { id, items: bare(response.output), tokens }
  },
}

function bare(items: readonly unknown[]): string {
  return JSON.stringify(items).slice(1, -1)
}
