import type { Framing, FramingId } from '../core/framing.ts'
import { openAwsEventFramer } from './aws-event-stream.ts'
import { openBedrockChunkFramer } from './bedrock-chunks.ts'
import { openSseFramer } from './sse-framer.ts'

/** Every way of cutting a stream that lynkr reads. */
export const FRAMINGS: Readonly<Record<FramingId, Framing>> = {
  sse: { mediaType: 'text/event-stream', openFramer: () => openSseFramer() },
  'aws-event-stream': { mediaType: 'application/vnd.amazon.eventstream', openFramer: () => openAwsEventFramer() },
  'bedrock-chunks': { mediaType: 'application/vnd.amazon.eventstream', openFramer: () => openBedrockChunkFramer() },
}
