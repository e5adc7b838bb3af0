import type { Drop } from './encode-block.ts'

/** Stop sequences without those of nothing but blanks, which Claude refuses; Chat clients stop at line ends. */
export function encodeStops(sequences: readonly string[], drop: Drop): readonly string[] {
  const kept = sequences.filter((sequence) => sequence.trim() !== '')
  if (kept.length < sequences.length) drop('stop_sequences')
  return kept
}
