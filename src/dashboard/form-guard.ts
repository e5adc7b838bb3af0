import { isObject, type Json } from '../core/json.ts'
import { tryJson } from '../core/try-json.ts'

/** A login or a switch is a few dozen characters. */
const BODY_BYTES_MAX = 4_096

/**
 * True if another site may be behind a request that changes something: the browser says so, or the type of the body is
 * one that a page can send across sites without asking first.
 *
 * @see W3C Fetch Metadata Request Headers
 */
export function isForeign(request: Request): boolean {
  return comesFromElsewhere(request) || !/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')
}

/**
 * True if the browser says that a page of another origin asks: one of another port of this host, too, with whose
 * requests the cookie goes.
 */
export function comesFromElsewhere({ headers }: Request): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return true
  const origin = headers.get('origin')
  return origin !== null && hostOf(origin) !== headers.get('host')
}

function hostOf(origin: string): string {
  return origin.replace(/^https?:\/\//i, '')
}

/** A JSON object of at most `BODY_BYTES_MAX`; `null` for everything else. */
export async function readSmallJson(request: Request): Promise<Json | null> {
  const isSmall = Number(request.headers.get('content-length') ?? Number.NaN) <= BODY_BYTES_MAX
  const json = isSmall ? tryJson(await request.text()) : null
  return isObject(json) ? json : null
}
