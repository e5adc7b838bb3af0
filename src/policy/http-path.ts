import type { Denial } from '../core/commands.ts'
import { tryDecodeComponent } from '../core/decode-component.ts'
import { PATH_BYTES_MAX } from '../core/limits.ts'
import { deny, refuseCharacters } from './safe-path.ts'

export type HttpPathVerdict = { readonly ok: true; readonly path: string } | Denial

/**
 * A request's path as an access list compares it: percent-decoded once, each component a plain name, no slash at the end.
 *
 * Refused rather than repaired, because a router or an upstream may read it otherwise: `.` and `..`, empty components,
 * an encoded slash, a percent sign that survives decoding before two hex digits (double encoding), control characters,
 * backslashes, invalid UTF-8.
 *
 * @param raw the path of the request line, without query; starts with `/`
 */
export function normalizeHttpPath(raw: string): HttpPathVerdict {
  if (raw.length > PATH_BYTES_MAX) return deny(null, 'too_long', `path must be at most ${PATH_BYTES_MAX} bytes`)
  if (PLAIN.test(raw)) return { ok: true, path: raw }
  if (raw === '/') return { ok: true, path: raw }
  if (!raw.startsWith('/')) return deny(null, 'not_absolute', 'path must start with /')
  if (/%2f/i.test(raw)) return deny(null, 'encoded_slash', 'path must not contain an encoded slash')
  const decoded = tryDecodeComponent(raw)
  if (decoded === null) return deny(null, 'not_unicode', 'path must be valid percent-encoded UTF-8')
  const refused = refuseCharacters(decoded, null)
  if (refused !== null) return refused
  if (/%[0-9a-f]{2}/i.test(decoded)) return deny(null, 'double_encoding', 'path must be encoded once')
  const components = decoded.split('/').slice(1)
  const inner = components.at(-1) === '' ? components.slice(0, -1) : components
  if (inner.some((component) => component === '' || component === '.' || component === '..')) {
    return deny(null, 'dot_component', 'path must not have empty, . or .. components')
  }
  return { ok: true, path: `/${inner.join('/')}` }
}

/** Needs no decoding and has no component that is empty or starts with a dot. */
const PLAIN = /^(?:\/[A-Za-z0-9_~:@!$&'()*+,;=-][A-Za-z0-9_~:@!$&'()*+,;=.-]*)+$/
