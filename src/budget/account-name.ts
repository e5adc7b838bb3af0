import type { Bucket } from '../core/store.ts'
import { SCOPE_KINDS, type ScopeKind } from './rule.ts'
import { WINDOW_KINDS, type WindowKind, windowStart } from './window.ts'

/** What the name of an account says, which `accountName` has put together. A part that it does not have is absent. */
interface NamedAccount {
  readonly scope: ScopeKind | undefined
  readonly id: string
  readonly window: WindowKind | undefined
  readonly unit: string
}

/** `key:a/b:c/day/usd`: ids may hold slashes and colons, so that the name is read from both of its ends. */
export function readAccountName(name: string): NamedAccount {
  const scope = SCOPE_KINDS.find((one) => name.startsWith(`${one}:`))
  const idEnd = name.lastIndexOf('/', name.lastIndexOf('/') - 1)
  const [window = '', unit = ''] = name.slice(idEnd + 1).split('/')
  const id = name.slice(scope === undefined ? 0 : scope.length + 1, Math.max(0, idEnd))
  return { scope, id, window: WINDOW_KINDS.find((one) => one === window), unit }
}

/** What a bucket's name says: the start of its window (ISO 8601, to the minute, UTC) and the unit it counts. */
export function windowBounds({ account, windowIndex }: Bucket): { readonly start: string; readonly unit: string } {
  const { window, unit } = readAccountName(account)
  const start = window === undefined ? '' : `${new Date(windowStart(window, windowIndex)).toISOString().slice(0, 16)}Z`
  return { start, unit: unit === 'usd' ? 'micro-dollars' : unit }
}

/** First instant after the bucket's window, Unix ms; infinite where its name tells of none. */
export function windowEndMs({ account, windowIndex }: Bucket): number {
  const { window } = readAccountName(account)
  return window === undefined ? Number.POSITIVE_INFINITY : windowStart(window, windowIndex + 1)
}
