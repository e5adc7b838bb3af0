import type { EncoderOptions } from '../../core/dialect.ts'
import type { Json } from '../../core/json.ts'
import type { ChatResponse } from '../../core/response.ts'
import { callForms } from './names.ts'
import { itemId, tryOutputItem } from './output-item.ts'
import { finishedStatus, openResponse } from './response-object.ts'
import { encodeUsage } from './usage.ts'

/** A whole answer for a Responses client; blocks that have no form here are left out. */
export function encodeResponse(answer: ChatResponse, options: EncoderOptions): Json {
  const response = openResponse(options, answer)
  const forms = callForms(options.request.tools)
  const output: Json[] = []
  for (const block of answer.blocks) {
    const item = tryOutputItem(block, itemId(block, forms, String(response.id), output.length), forms)
    if (item !== null) output.push(item)
  }
  return { ...response, ...finishedStatus(answer.reason, output), output, usage: encodeUsage(answer.usage) }
}
