import type { Threads } from '../../core/dialect.ts'
import { asWire } from './wire.ts'

const BETA = 'message-threads-'

/** `thread`: a conversation that the vendor keeps, so that a request says only what is new in it. */
export const threads: Threads = {
  member: 'thread',
  asks: ({ json: { thread } }) => {
    if (thread === undefined || thread === null) return null
    return asWire(thread)?.type === 'create' ? 'begin' : 'go_on'
  },
  isKeptAt: ({ betas }) => betas === undefined || betas.known.some((prefix) => prefix.startsWith(BETA)),
}
