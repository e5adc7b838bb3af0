import type { Frame } from './dialect.ts'

/** What is wrong with a recorded stream at one frame. Warnings are what clients forgive. */
export interface Flaw {
  readonly severity: 'error' | 'warning'
  readonly message: string
}

/** How a stream ended: as an answer should, in an error event that its client understands, or not at all. */
export type Ending = 'finished' | 'error' | 'cut'

/** Reads a recorded stream of one surface as its strictest client would. One per stream. */
export interface StreamLinter {
  push(frame: Frame): readonly Flaw[]
  /** What is wrong with where the stream ended. */
  end(): readonly Flaw[]
  ending(): Ending
}

export function error(message: string): Flaw {
  return { severity: 'error', message }
}

export function warning(message: string): Flaw {
  return { severity: 'warning', message }
}
