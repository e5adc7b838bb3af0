/** The frame that ends every Chat stream. */
export const DONE = 'data: [DONE]\n\n'

/** A comment: every SSE reader ignores it, and it keeps the connection from idling. */
export const PING = ': ping\n\n'

export function sseData(json: unknown): string {
  return `data: ${JSON.stringify(json)}\n\n`
}
