import { assertNever } from '../../core/assert.ts'
import type { OutputBlock } from '../../core/block.ts'
import type { Encoder, EncoderOptions } from '../../core/dialect.ts'
import { ProxyError } from '../../core/errors.ts'
import type { StreamEvent } from '../../core/event.ts'
import type { Json } from '../../core/json.ts'
import { NO_USAGE, type Usage } from '../../core/usage.ts'
import { failedEvent } from './error-event.ts'
import { type ItemWriter, tryItemWriter } from './item-writer.ts'
import { callForms } from './names.ts'
import { itemId } from './output-item.ts'
import { finishedStatus, openResponse } from './response-object.ts'
import { encodeUsage } from './usage.ts'

/**
 * Writes a Responses stream: every block is an output item, events are numbered without a gap, and the last one holds
 * the whole response. Blocks of another dialect that have no form here are left out, and indices stay dense.
 */
export function openStreamEncoder(options: EncoderOptions): Encoder {
  const forms = callForms(options.request.tools)
  const output: Json[] = []
  let response: Json = {}
  let upstreamId = ''
  let usage: Usage = NO_USAGE
  let open: ItemWriter | null = null
  let sequence = 0

  function emit(type: string, members: Json): string {
    return `event: ${type}\ndata: {"type":"${type}",${JSON.stringify(members).slice(1, -1)},"sequence_number":${sequence++}}\n\n`
  }

  function start(event: StreamEvent & { type: 'start' }): string {
    upstreamId = event.id
    response = openResponse(options, event)
    return emit('response.created', { response }) + emit('response.in_progress', { response })
  }

  function blockStart(block: OutputBlock): string {
    const index = output.length
    open = tryItemWriter(block, { id: itemId(block, forms, String(response.id), index), index, forms }, emit)
    return open?.open() ?? ''
  }

  function blockStop(): string {
    if (open === null) return ''
    const text = open.close()
    output.push(open.item())
    open = null
    return text
  }

  function finish({ reason }: StreamEvent & { type: 'finish' }): string {
    const status = finishedStatus(reason, output)
    const type = status.status === 'completed' ? 'response.completed' : 'response.incomplete'
    return emit(type, { response: { ...response, ...status, output, usage: encodeUsage(usage) } })
  }

  function failing(error: ProxyError): string {
    const { requestId } = options
    return failedEvent(error, { requestId, id: upstreamId, sequence, response: { ...response, output } })
  }

  return {
    failing,
    push(event) {
      switch (event.type) {
        case 'start':
          return start(event)
        case 'usage':
          usage = event.usage
          return ''
        case 'block_start':
          return blockStart(event.block)
        case 'block_delta':
          return open?.delta(event.delta) ?? ''
        case 'block_stop':
          return blockStop()
        case 'finish':
          return finish(event)
        case 'error':
          return failing(new ProxyError(event.kind, event.message))
        default:
          return assertNever(event)
      }
    },
  }
}
