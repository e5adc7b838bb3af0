import type { Upstream } from '../../src/core/dialect.ts'
import type { Framer } from '../../src/core/framing.ts'
import type { ChatRequest } from '../../src/core/request.ts'
import { anthropicSurface, anthropicUpstream } from '../../src/dialect/anthropic/index.ts'
import { bedrockConverseUpstream } from '../../src/dialect/bedrock-converse/index.ts'
import { geminiUpstream } from '../../src/dialect/gemini/index.ts'
import { FRAMINGS } from '../../src/framing/framings.ts'
import { openPassthroughLane } from '../../src/pipeline/lanes/passthrough.ts'
import { awsEvent } from '../../src/simulator/aws-event-writer.ts'
import type { MicroRow } from '../micro.ts'
import { AT_MOST, BODY, EVENTS_A_STREAM, SMALL } from './dialects.ts'

const TEXT = 'A piece of an answer. '
const GEMINI_CHUNK = Buffer.from(
  `data: ${JSON.stringify({
    candidates: [{ content: { parts: [{ text: TEXT }], role: 'model' }, index: 0 }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 10, totalTokenCount: 110 },
    modelVersion: 'gemini-3-pro',
    responseId: 'r',
  })}\r\n\r\n`,
)
const CONVERSE_EVENT = awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: TEXT }, p: 'abcdefgh' })
const DELTA = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: TEXT } }
const BEDROCK_CHUNK = awsEvent('chunk', { bytes: Buffer.from(JSON.stringify(DELTA)).toString('base64'), p: 'abcdef' })

export const rows: readonly MicroRow[] = [
  requestRow('Gemini', geminiUpstream, 'gemini-3-pro'),
  requestRow('Converse', bedrockConverseUpstream, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'),
  eventRow('Gemini', geminiUpstream, FRAMINGS.sse.openFramer, GEMINI_CHUNK),
  eventRow('Converse', bedrockConverseUpstream, FRAMINGS['aws-event-stream'].openFramer, CONVERSE_EVENT),
  {
    name: 'event of a stream, Bedrock chunk to Messages, framed, metered and rewritten',
    targetNs: 2_000,
    run(iterations) {
      const surface = anthropicSurface
      for (let done = 0; done < iterations; done += EVENTS_A_STREAM) {
        const framer = FRAMINGS['bedrock-chunks'].openFramer()
        const options = { framer, upstream: anthropicUpstream, surface, requestId: 'req_1' }
        const lane = openPassthroughLane({ ...options, withholdsUsage: false, mender: null })
        const events = Math.min(EVENTS_A_STREAM, iterations - done)
        for (let i = 0; i < events; i++) lane.push(BEDROCK_CHUNK)
      }
    },
  },
]

function requestRow(name: string, upstream: Upstream, model: string): MicroRow {
  const profile = { model, quirks: {} }
  return {
    name: `request of 138 KB, Messages to ${name}`,
    atMost: AT_MOST,
    run(iterations) {
      for (let i = 0; i < iterations; i++) {
        const request = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(BODY)))
        JSON.stringify(upstream.encodeRequest(request, profile).json)
      }
    },
  }
}

function eventRow(name: string, upstream: Upstream, openFramer: () => Framer, chunk: Uint8Array): MicroRow {
  const profile = { model: 'model-sent', quirks: {} }
  return {
    name: `event of a stream, ${name} to Messages, framed, decoded and encoded`,
    targetNs: 2_000,
    run(iterations) {
      const request: ChatRequest = anthropicSurface.decodeRequest(anthropicSurface.readEnvelope(JSON.parse(SMALL)))
      for (let done = 0; done < iterations; done += EVENTS_A_STREAM) {
        const framer = openFramer()
        const decoder = upstream.openDecoder({ request, profile })
        const encoder = anthropicSurface.openEncoder({ requestId: 'req_1', wallMs: 0, request })
        const events = Math.min(EVENTS_A_STREAM, iterations - done)
        for (let i = 0; i < events; i++) {
          for (const frame of framer.push(chunk).frames) {
            for (const event of decoder.push(frame)) encoder.push(event)
          }
        }
      }
    },
  }
}
