import type { Denial } from '../core/commands.ts'
import { PATH_BYTES_MAX, PATH_COMPONENT_BYTES_MAX, PATH_COMPONENTS_MAX } from '../core/limits.ts'

export interface SafePath {
  readonly ok: true
  /** Below the root: components joined by `/`, without `.`, `..`, or a slash at either end; `''` is the root itself. */
  readonly relative: string
}

export type PathVerdict = SafePath | Denial

/**
 * The lexical half of the path guard: may this text name something below the root?
 *
 * The text is taken as it is: nothing is decoded, folded or expanded, so `%2e%2e`, `~x`, `..a` are ordinary names.
 * A path that starts with the root's own components is accepted as absolute. Symbolic links, hard links and special
 * files are the file system's half (`sandbox/path-guard.ts`).
 *
 * Rules: `type`, `empty`, `not_unicode`, `control_character`, `backslash`, `too_long`, `outside_root`.
 *
 * @param root absolute, without a slash at the end
 */
export function checkPath(value: unknown, root: string, parameter: string | null = null): PathVerdict {
  if (typeof value !== 'string') return deny(parameter, 'type', 'must be a string')
  if (value === '') return deny(parameter, 'empty', 'must not be empty')
  // UTF-8 takes at most 3 bytes per UTF-16 unit: shorter values need no exact count.
  if (value.length > PATH_COMPONENT_BYTES_MAX / 3 || needsWork(value)) return resolve(value, root, parameter)
  return { ok: true, relative: value }
}

/**
 * True unless the text is already what `resolve` would return: printable ASCII, no empty component, none that starts
 * with a dot, no slash at an end. One pass, no allocation.
 */
function needsWork(value: string): boolean {
  let previous = SLASH
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === BACKSLASH) return true
    if (previous === SLASH && (code === DOT || code === SLASH)) return true
    previous = code
  }
  return previous === SLASH
}

const SLASH = 0x2f
const DOT = 0x2e
const BACKSLASH = 0x5c

function resolve(value: string, root: string, parameter: string | null): PathVerdict {
  if (value.length > PATH_BYTES_MAX) return deny(parameter, 'too_long', `must be at most ${PATH_BYTES_MAX} bytes`)
  const refused = refuseCharacters(value, parameter)
  if (refused !== null) return refused
  const components = value.split('/')
  if (value.startsWith('/')) {
    const base = root.split('/')
    if (!base.every((component, i) => components[i] === component)) return outside(parameter)
    components.splice(0, base.length)
  }
  const kept: string[] = []
  for (const component of components) {
    if (component === '' || component === '.') continue
    if (component === '..') {
      if (kept.pop() === undefined) return outside(parameter)
    } else kept.push(component)
  }
  if (kept.length > PATH_COMPONENTS_MAX) {
    return deny(parameter, 'too_long', `must have at most ${PATH_COMPONENTS_MAX} components`)
  }
  if (kept.some((component) => byteLength(component) > PATH_COMPONENT_BYTES_MAX)) {
    return deny(parameter, 'too_long', `must have no component over ${PATH_COMPONENT_BYTES_MAX} bytes`)
  }
  return { ok: true, relative: kept.join('/') }
}

/** Characters that no path of a caller may have: controls (C0, DEL, C1), the backslash, halves of a surrogate pair. */
export function refuseCharacters(value: string, parameter: string | null): Denial | null {
  if (!value.isWellFormed()) return deny(parameter, 'not_unicode', 'must be well-formed Unicode')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the rule
  if (/[\x00-\x1f\x7f-\x9f]/.test(value)) {
    return deny(parameter, 'control_character', 'must not contain control characters')
  }
  if (value.includes('\\')) return deny(parameter, 'backslash', 'must use / between components, not \\')
  return null
}

function outside(parameter: string | null): Denial {
  return deny(parameter, 'outside_root', 'must stay inside the workspace')
}

export function deny(parameter: string | null, rule: string, message: string): Denial {
  return { ok: false, parameter, rule, message }
}

const encoder = new TextEncoder()

function byteLength(text: string): number {
  return text.length * 3 <= PATH_COMPONENT_BYTES_MAX ? text.length : encoder.encode(text).length
}
