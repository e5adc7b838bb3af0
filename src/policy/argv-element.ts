/** A literal text or the name of a parameter. */
export type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'slot'; readonly name: string }

export type ParsedElement =
  | { readonly ok: true; readonly pieces: readonly Piece[] }
  | { readonly ok: false; readonly message: string }

const NAME = /^[a-z][a-z0-9_]{0,63}$/

/** A parameter's name as a template may spell it: lower case, digits, underscores, starting with a letter. */
export function isParameterName(name: string): boolean {
  return NAME.test(name)
}

/**
 * Parses one argv element of a template.
 *
 *     element := (text | "{{" | "}}" | "{" name "}")*      name := [a-z][a-z0-9_]{0,63}
 *
 * Neighbouring texts are joined; an element without slots is one text piece, possibly empty.
 */
export function parseElement(source: string): ParsedElement {
  const pieces: Piece[] = []
  let text = ''
  for (let i = 0; i < source.length; i++) {
    const character = source[i]
    if (character !== '{' && character !== '}') text += character
    else if (source[i + 1] === character) {
      text += character
      i++
    } else if (character === '}') return { ok: false, message: 'has a `}` without `{`; write `}}` for a brace' }
    else {
      const end = source.indexOf('}', i)
      const name = end < 0 ? '' : source.slice(i + 1, end)
      if (!isParameterName(name)) {
        return { ok: false, message: '`{` must start a parameter such as `{name}`; write `{{` for a brace' }
      }
      if (text !== '') pieces.push({ kind: 'text', text })
      text = ''
      pieces.push({ kind: 'slot', name })
      i = end
    }
  }
  if (text !== '' || pieces.length === 0) pieces.push({ kind: 'text', text })
  return { ok: true, pieces }
}

/** The element's text if it has no slot, else `null`. */
export function literalOf(pieces: readonly Piece[]): string | null {
  const [first] = pieces
  return pieces.length === 1 && first?.kind === 'text' ? first.text : null
}
