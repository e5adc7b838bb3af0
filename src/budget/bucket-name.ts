import type { Bucket } from '../core/store.ts'
import { WINDOW_KINDS, type WindowKind, windowStart } from './window.ts'

/** What a bucket's name says: the start of its window (ISO 8601, to the minute, UTC) and the unit it counts. */
export function windowBounds(bucket: Bucket): { readonly start: string; readonly unit: string } {
  const { kind, unit } = partsOf(bucket)
  const start =
    kind === undefined ? '' : `${new Date(windowStart(kind, bucket.windowIndex)).toISOString().slice(0, 16)}Z`
  return { start, unit: unit === 'usd' ? 'micro-dollars' : unit }
}

/** First instant after the bucket's window, Unix ms; infinite where its name tells of none. */
export function windowEndMs(bucket: Bucket): number {
  const { kind } = partsOf(bucket)
  return kind === undefined ? Number.POSITIVE_INFINITY : windowStart(kind, bucket.windowIndex + 1)
}

/** `key:a/b/day/usd`: ids may hold slashes, so the name is read from its end. */
function partsOf({ account }: Bucket): { readonly kind: WindowKind | undefined; readonly unit: string } {
  const [window = '', unit = ''] = account.slice(account.lastIndexOf('/', account.lastIndexOf('/') - 1) + 1).split('/')
  return { kind: WINDOW_KINDS.find((one) => one === window), unit }
}
