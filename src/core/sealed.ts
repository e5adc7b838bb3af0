const MARK = 'lynkr1.'

/**
 * Packs hidden reasoning, which only one vendor can read, into the field that a client of another dialect has for its own,
 * so that the client sends it back. The mark keeps it from any vendor that did not make it.
 *
 * Law: `tryUnseal(seal(origin, parts), origin)` equals `parts`.
 *
 * @param origin who can read the parts: letters and dashes
 */
export function seal(origin: string, parts: readonly string[]): string {
  return [MARK + origin, ...parts.map(escapePart)].join('.')
}

/** The parts, or `null` for text that is not sealed, or is another origin's. */
export function tryUnseal(text: string, origin: string): readonly string[] | null {
  const head = `${MARK + origin}.`
  return text.startsWith(head) ? text.slice(head.length).split('.').map(unescapePart) : null
}

/** True for what any lynkr sealed, whoever its origin is: no vendor's own signature begins like this. */
export function isSealed(text: string): boolean {
  return text.startsWith(MARK)
}

function escapePart(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('.', '%2E')
}

function unescapePart(part: string): string {
  return part.replaceAll('%2E', '.').replaceAll('%25', '%')
}
