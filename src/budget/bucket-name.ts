import type { Bucket } from '../core/store.ts'
import { WINDOW_KINDS, windowStart } from './window.ts'

/** What a bucket's name says: the start of its window (ISO 8601, to the minute, UTC) and the unit it counts. */
export function windowBounds({ account, windowIndex }: Bucket): { readonly start: string; readonly unit: string } {
  const [window = '', unit = ''] = account.slice(account.lastIndexOf('/', account.lastIndexOf('/') - 1) + 1).split('/')
  const kind = WINDOW_KINDS.find((one) => one === window)
  const start = kind === undefined ? '' : `${new Date(windowStart(kind, windowIndex)).toISOString().slice(0, 16)}Z`
  return { start, unit: unit === 'usd' ? 'micro-dollars' : unit }
}
