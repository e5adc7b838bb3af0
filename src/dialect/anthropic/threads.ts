import type { Threads } from '../../core/dialect.ts'
import { tryObject } from '../../core/json.ts'

/** `thread`: a conversation that the vendor keeps, so that a request says only what is new in it. */
export const threads: Threads = {
  member: 'thread',
  asks: ({ json: { thread } }) => {
    if (thread === undefined || thread === null) return null
    return tryObject(thread)?.type === 'create' ? 'begin' : 'go_on'
  },
  isKeptAt: ({ threads: keeps }) => keeps === true,
}
