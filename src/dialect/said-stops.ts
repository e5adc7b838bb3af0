import type { Dropped } from '../core/dialect.ts'

/**
 * Stop sequences without the empty ones, which say nothing and are refused by Gemini, Converse and OpenAI; at most `max`.
 *
 * @param drop told where one is left out
 */
export function saidStops(
  sequences: readonly string[],
  drop: (name: Dropped) => void,
  max = Number.POSITIVE_INFINITY,
): readonly string[] {
  const said = sequences.filter((sequence) => sequence !== '').slice(0, max)
  if (said.length < sequences.length) drop('stop_sequences')
  return said
}
