import type { Json } from '../../core/json.ts'
import type { OutputFormat } from '../../core/request.ts'
import { isStrictFormat } from '../openai-chat/strict-format.ts'

/** `text.format`. */
export function encodeFormat(format: OutputFormat): Json {
  switch (format.type) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json_schema': {
      const { schema, name = 'response' } = format
      return { type: 'json_schema', name, schema, strict: isStrictFormat(format) }
    }
  }
}
