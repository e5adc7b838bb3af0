export type ExpositionFormat = 'text' | 'openmetrics'

export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * The format a scraper likes best: highest q, then the order of its list. OpenMetrics only if named by type
 * (a browser's wildcard gets text), in a version lynkr speaks; anything not understood, or nothing acceptable, gets text.
 *
 * @param accept the Accept header, or null if absent
 * @see RFC 9110 §12.5.1
 */
export function negotiateFormat(accept: string | null): ExpositionFormat {
  if (accept === null) return 'text'
  let best: ExpositionFormat = 'text'
  let bestQuality = 0
  for (const range of accept.split(',', RANGES_MAX)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const format = formatOf(type, parameters)
    const quality = qualityOf(parameters)
    if (format !== null && quality > bestQuality) {
      best = format
      bestQuality = quality
    }
  }
  return best
}

/** Media ranges looked at; Prometheus sends five. */
const RANGES_MAX = 32

function formatOf(type: string, parameters: readonly string[]): ExpositionFormat | null {
  const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice('version='.length)
  if (type === 'application/openmetrics-text')
    return version === undefined || /^"?(1\.0\.0|0\.0\.1)"?$/.test(version) ? 'openmetrics' : null
  return type === 'text/plain' || type === 'text/*' || type === '*/*' ? 'text' : null
}

function qualityOf(parameters: readonly string[]): number {
  const written = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  if (written === undefined) return 1
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(written) ? Number(written) : 0
}
