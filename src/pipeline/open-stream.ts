import { ProxyError } from '../core/errors.ts'
import { HELD_BACK_BYTES_MAX } from '../core/limits.ts'
import type { TransportResponse } from '../core/transport.ts'
import { ChunkReader } from './chunk-reader.ts'
import type { StreamLane } from './lanes/lane.ts'
import type { PipelineDeps } from './ports.ts'

/** A stream that is ready to be committed: what arrived so far, and the rest to come. */
export interface OpenedStream {
  readonly reader: ChunkReader
  readonly lane: StreamLane
  readonly held: readonly (Uint8Array | string)[]
}

/**
 * Holds a stream back until it shows its first meaningful frame, so that an upstream that answers 200 and then fails
 * still gives a true status, or another target a chance. At `commitAtMs` it is let go all the same: from then on the
 * client must hear something.
 *
 * @throws ProxyError what the upstream said in an error frame, `stream_interrupted` if it ended before it began
 */
export async function openStream(
  deps: PipelineDeps,
  { response, commitAtMs }: { response: TransportResponse; commitAtMs: number },
  lane: StreamLane,
): Promise<OpenedStream> {
  const reader = new ChunkReader(response, deps)
  const held: (Uint8Array | string)[] = []
  let heldBytes = 0
  try {
    while (lane.progress() === 'waiting' && heldBytes < HELD_BACK_BYTES_MAX) {
      const read = await reader.readWithin(commitAtMs - deps.clock.nowMs())
      if (read.type === 'late') break
      const out = read.type === 'end' ? lane.end(null) : lane.push(read.bytes)
      throwFailure(lane)
      if (out.length === 0) continue
      held.push(out)
      heldBytes += out.length
    }
    return { reader, lane, held }
  } catch (thrown) {
    reader.cancel()
    throw thrown
  }
}

/** Before the commit a cut stream is the upstream's failure, which another target can mend. */
function throwFailure(lane: StreamLane): void {
  const failure = lane.failure()
  if (failure === null) return
  if (failure.kind !== 'stream_interrupted') throw failure
  throw new ProxyError('upstream_malformed', failure.message, { cause: failure })
}
