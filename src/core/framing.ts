import type { Frame } from './dialect.ts'

/** What one push of a framer brought. */
export interface FramedChunk {
  /** Records completed by this push, in order. */
  readonly frames: readonly Frame[]
  /** For each frame, the offset in `complete` behind its record, so that a stream can be cut after any of them. */
  readonly ends: readonly number[]
  /**
   * The raw bytes that end with the last record boundary reached, carried-over ones included, so that whoever
   * passes them on never writes half a record. Empty if no boundary was reached. Records without data
   * (comments, keep-alives) are in here, but are no frames. Never overwritten later.
   */
  readonly complete: Uint8Array
}

/** Bytes in, records out: server-sent events, or any other framing of a stream. Synchronous; one per stream. */
export interface Framer {
  /** Throws `ProxyError('upstream_malformed')` on what cannot be a record, or on one over the framer's limit. */
  push(chunk: Uint8Array): FramedChunk
  /** The stream is over: whatever the framing still makes of the rest. */
  end(): FramedChunk
}

/** Ways in which servers cut a stream into records. */
export type FramingId = 'sse' | 'aws-event-stream' | 'bedrock-chunks'

/** One of them: what its answers are labelled, and what reads them. */
export interface Framing {
  /** Media type of a stream in it, in lower case. */
  readonly mediaType: string
  openFramer(): Framer
}

/** A push that completed nothing. */
export const NOTHING_FRAMED: FramedChunk = Object.freeze({
  frames: Object.freeze([]),
  ends: Object.freeze([]),
  complete: new Uint8Array(0),
})
