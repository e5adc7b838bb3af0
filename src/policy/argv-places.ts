import { literalOf, type Piece } from './argv-element.ts'
import type { ParameterConfig } from './command-config.ts'
import {
  ENDLESS,
  familyOf,
  HANDS_ON,
  MULTI_CALL,
  NAMED_BEHIND_DASHES,
  NESTED,
  OWN_NESTED,
  RUNNING_WORDS,
  VALUE_OPTIONS,
  VALUELESS,
} from './program-families.ts'

/** What an argument of a template means to whoever reads it. */
export interface ArgvPlace {
  /** The program that reads it, as the lists name it: another behind `npm exec`, and `''` where values choose it. */
  readonly family: string
  /** It names that program. */
  readonly isProgram: boolean
  /** It is, or follows, the `--` behind which the program reads no options. */
  readonly isEnded: boolean
  /** It names, or follows, an option such as `-exec`: all from there on belongs to another program. */
  readonly isNested: boolean
  /** What the program does, or which one runs, has not been said yet. */
  readonly isOpen: boolean
}

/**
 * Reads an argv as its programs would, one place for each element.
 *
 * @param elements parsed, in order; `elements[0]` is the program
 */
export function argvPlaces(
  elements: readonly (readonly Piece[])[],
  parameters: Readonly<Record<string, ParameterConfig>>,
): readonly ArgvPlace[] {
  let place = startOf(familyOf(literalOf(elements[0] ?? []) ?? ''))
  let awaitsProgram = place.family === 'npx'
  /** Where one is awaited, it may be named here. */
  let canName = true
  let hasHandedOn = false
  let previous = ''
  return elements.map((pieces, index) => {
    const literal = literalOf(pieces)
    const isValue = VALUE_OPTIONS.has(previous) || (awaitsProgram && takesValue(previous))
    const isWord = literal !== null && !literal.startsWith('-') && !isValue
    const choices = canName && !isValue ? choicesOf(pieces, parameters) : []
    const isProgram = index > 0 && awaitsProgram && canName && isWord
    if (isProgram) {
      place = startOf(familyOf(literal))
      awaitsProgram = place.family === 'npx'
    } else if (literal === '--') {
      const handsOn = !awaitsProgram && !hasHandedOn && HANDS_ON.has(place.family)
      place = { ...place, isEnded: !awaitsProgram && !handsOn && !ENDLESS.has(place.family) }
      hasHandedOn ||= handsOn
      canName = true
    } else if (RUNNING_WORDS.get(place.family)?.has(place.isOpen ? `${literal}` : `${previous} ${literal}`)) {
      place = { ...place, isOpen: true }
      awaitsProgram = true
      canName = !NAMED_BEHIND_DASHES.has(place.family)
    } else if (choices.length > 0) {
      const mayRun = choices.some((choice) => RUNNING_WORDS.get(place.family)?.has(choice))
      if (mayRun) canName = !NAMED_BEHIND_DASHES.has(place.family)
      place = { ...place, isOpen: mayRun, family: awaitsProgram ? '' : place.family }
      awaitsProgram = mayRun
    } else if (index > 0 && !awaitsProgram && isWord && /^[a-z][a-z-]*$/.test(literal)) {
      place = { ...place, isOpen: false }
    }
    if (literal !== null && isNesting(literal, place.family)) place = { ...place, isNested: true }
    previous = literal ?? ''
    return { ...place, isProgram: index === 0 || isProgram }
  })
}

function startOf(family: string): Omit<ArgvPlace, 'isProgram'> {
  return { family, isEnded: false, isNested: false, isOpen: MULTI_CALL.has(family) }
}

/** Whether the word behind an option is its value, as long as no program is named: most before one have values. */
function takesValue(option: string): boolean {
  return option.startsWith('-') && option !== '--' && !option.includes('=') && !VALUELESS.has(option)
}

/** The words of the template of which one stands here, whatever is asked for; none where it may be left out. */
function choicesOf(pieces: readonly Piece[], parameters: Readonly<Record<string, ParameterConfig>>): readonly string[] {
  const [only] = pieces
  const parameter = pieces.length === 1 && only?.kind === 'slot' ? parameters[only.name] : undefined
  return parameter?.type === 'enum' && !parameter.optional ? parameter.values : []
}

/** Also at the end of a cluster, `-Hx`. */
function isNesting(literal: string, family: string): boolean {
  if (NESTED.has(literal)) return true
  const own = OWN_NESTED.get(family)
  if (own === undefined) return false
  return own.has(literal.split('=')[0] ?? '') || (/^-[A-Za-z]+$/.test(literal) && own.has(`-${literal.at(-1)}`))
}
