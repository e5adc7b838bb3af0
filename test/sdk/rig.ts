import { toolRoundTrip } from '../../src/simulator/script.ts'

/** What the simulator tells of an answer's tokens. */
export const USAGE = { inputTokens: 40, cacheReadTokens: 60, outputTokens: 23, reasoningTokens: 3 }

/** Reasoning tokens of `USAGE` that a client hears of: Converse does not tell which of its tokens were thought. */
export function reasoningAt(row: string): number {
  return row === 'bedrock-converse' ? 0 : USAGE.reasoningTokens
}

/** A call of the tool `weather`, and the answer to its result. */
export const ROUND_TRIP = toolRoundTrip({
  tool: { name: 'weather', input: { city: 'Łódź' }, id: 'call_1' },
  answer: 'Sunny.',
})

/** A client that says so has tried twice before: lynkr does not try again for it. */
export const LAST_TRY = { 'x-stainless-retry-count': '2' }

/** What a promise rejects with. */
export function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => new Error('it resolved'),
    (thrown: unknown) => thrown,
  )
}
