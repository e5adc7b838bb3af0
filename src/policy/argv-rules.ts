import { literalOf, type Piece } from './argv-element.ts'
import type { ArgvPlace } from './argv-places.ts'
import type { ParameterConfig } from './command-config.ts'
import { CODE_OPTIONS, familyOf, INTERPRETERS, LAUNCHERS, OWN_CODE_OPTIONS, SHELLS } from './program-families.ts'

export interface ArgvProblem {
  readonly index: number
  readonly message: string
}

/**
 * What makes an argv unsafe whatever the values are: the rules of SEMANTICS for templates, each with its reason.
 *
 * @param elements parsed, in order; `elements[0]` is the program
 * @param places what each of them means
 */
export function argvProblems(
  elements: readonly (readonly Piece[])[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  places: readonly ArgvPlace[],
): ArgvProblem[] {
  return elements.flatMap((pieces, index) => {
    const literal = literalOf(pieces)
    const place = places[index]
    const messages =
      place?.isProgram || place === undefined
        ? [programProblem(literal)]
        : literal === null
          ? [slotProblem(pieces, parameters, place, literalOf(elements[index - 1] ?? []))]
          : []
    if (literal !== null && hasControls(literal)) messages.push('must not contain control characters')
    return messages.flatMap((message) => (message === null ? [] : [{ index, message }]))
  })
}

function programProblem(program: string | null): string | null {
  if (program === null) return 'the program must be fixed: no placeholder in its place'
  if (!/^(?:\/[A-Za-z0-9._+/-]+|[A-Za-z0-9_][A-Za-z0-9._+-]*)$/.test(program)) {
    return 'must be a program name or an absolute path'
  }
  const family = familyOf(program)
  if (SHELLS.has(family)) return `${family} is a shell: name the program itself`
  return LAUNCHERS.has(family) ? `${family} runs other programs: name the program itself` : null
}

function slotProblem(
  pieces: readonly Piece[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  { family, isEnded, isNested, isOpen }: ArgvPlace,
  previous: string | null,
): string | null {
  if (isNested) return 'no placeholder may follow -exec: it would be an argument of another program'
  if (INTERPRETERS.has(family) && hasType(pieces, parameters, 'string')) {
    return `${family} reads programs from its arguments: no string parameter may reach it`
  }
  if (isOpen && startsFree(pieces, parameters)) {
    return `the first word of ${family} chooses what it does: write it in the template, or use an enum`
  }
  const problem = isEnded ? null : optionProblem(pieces, parameters, family, previous)
  return problem ?? shapeProblem(pieces, parameters)
}

/** A placeholder may be an option's value, never its name, and never a program text. */
function optionProblem(
  pieces: readonly Piece[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  family: string,
  previous: string | null,
): string | null {
  const [head] = pieces
  const isOptional = pieces.some((piece) => piece.kind === 'slot' && canBeAbsent(parameters[piece.name]))
  if (previous !== null && takesCode(previous, family)) {
    return `no placeholder may follow ${previous}: such an option takes a program; put -- before the value if it is none`
  }
  if (previous?.startsWith('-') && previous !== '-' && isOptional && !hasType(pieces, parameters, 'bool')) {
    return `an optional value after ${previous} would leave that option to take the next argument; write --option={name}`
  }
  if (head?.kind !== 'text' || !head.text.startsWith('-')) return null
  if (takesCode(head.text.split('=')[0] ?? '', family))
    return `no placeholder may be a value of ${head.text.split('=')[0]}`
  if (head.text.includes('=')) return null
  if (/^-[A-Za-z]$/.test(head.text) && !hasType(pieces, parameters, 'string')) {
    return hasType(pieces, parameters, 'path') ? 'give a path as an argument of its own, or as --option={name}' : null
  }
  return 'a placeholder must not become part of an option: write --option={name}, or an argument of its own'
}

/** `-c`, `-e` (also at the end of a cluster, `-lc`), those of this program, and long options or their beginnings. */
function takesCode(option: string, family: string): boolean {
  if (/^-[A-Za-z]{0,2}[ce]$/.test(option)) return true
  const own = OWN_CODE_OPTIONS.get(family) ?? []
  if (own.includes(option) || (/^-[A-Za-z]+$/.test(option) && own.includes(`-${option.at(-1)}`))) return true
  return (
    option.length > 2 && option.startsWith('--') && [...CODE_OPTIONS, ...own].some((code) => code.startsWith(option))
  )
}

/** What a slot may stand beside: a path must reach the program as it was checked; a flag is a whole argument. */
function shapeProblem(pieces: readonly Piece[], parameters: Readonly<Record<string, ParameterConfig>>): string | null {
  if (pieces.length === 1) return null
  if (hasType(pieces, parameters, 'bool')) return 'a bool parameter must be an argument of its own'
  if (!hasType(pieces, parameters, 'path')) return null
  const [head, tail] = pieces
  const isAttached = pieces.length === 2 && head?.kind === 'text' && tail?.kind === 'slot' && /[=:]$/.test(head.text)
  return isAttached ? null : 'a path parameter must be an argument of its own, or follow `=` or `:` at its end'
}

function startsFree(pieces: readonly Piece[], parameters: Readonly<Record<string, ParameterConfig>>): boolean {
  const [head] = pieces
  const type = head?.kind === 'slot' ? parameters[head.name]?.type : undefined
  return type === 'string' || type === 'path'
}

function hasType(
  pieces: readonly Piece[],
  parameters: Readonly<Record<string, ParameterConfig>>,
  type: ParameterConfig['type'],
): boolean {
  return pieces.some((piece) => piece.kind === 'slot' && parameters[piece.name]?.type === type)
}

function canBeAbsent(parameter: ParameterConfig | undefined): boolean {
  return parameter !== undefined && parameter.type !== 'bool' && parameter.optional
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the rule
  return /[\x00-\x1f\x7f-\x9f]/.test(text) || !text.isWellFormed()
}
