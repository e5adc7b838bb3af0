/** A login or a switch is a few dozen characters. */
const BODY_BYTES_MAX = 4_096

/**
 * True if another site may be behind a request that changes something: the browser says so, or the type of the body is
 * one that a page can send across sites without asking first.
 *
 * @see W3C Fetch Metadata Request Headers
 */
export function isForeign(request: Request): boolean {
  const { headers } = request
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return true
  const origin = headers.get('origin')
  if (origin !== null && hostOf(origin) !== headers.get('host')) return true
  return !/^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
}

function hostOf(origin: string): string {
  return origin.replace(/^https?:\/\//i, '')
}

/** A JSON object of at most `BODY_BYTES_MAX`; `null` for everything else. */
export async function readSmallJson(request: Request): Promise<Readonly<Record<string, unknown>> | null> {
  if (Number(request.headers.get('content-length') ?? Number.NaN) <= BODY_BYTES_MAX) return parse(await request.text())
  return null
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : null
  } catch {
    return null
  }
}
