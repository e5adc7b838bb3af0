import { startsWithOne } from '../anthropic/betas.ts'
import { applyStrips } from './apply-strips.ts'
import { STRIPS, type Strip } from './strip-table.ts'

/** Characters of a refusal that are looked at: the reason stands at its beginning. */
const MESSAGE_CHARS_MAX = 4_096

/** How servers say that they do not know something, in their own words. */
const REFUSAL =
  /extra (inputs|fields)|unknown|unrecogni[sz]ed|unexpected|unsupported|not (supported|permitted|allowed|available|recogni[sz]ed)|invalid beta|additional propert|(does not|doesn't) (support|exist)|does not match any of the expected|no such field|cannot find field|could not (be (verified|decrypted)|decrypt)|not issued to/i

/**
 * The features of a request that a server's refusal names as unknown: those that lynkr may leave out, and that are there.
 *
 * @param message the server's own words
 */
export function refusedStrips(
  message: string,
  { json, betas }: { json: Readonly<Record<string, unknown>>; betas: readonly string[] },
): readonly Strip[] {
  if (!REFUSAL.test(message)) return NONE
  // `tools[0].x` and `tools.0.x` are two spellings of one place.
  const text = message.slice(0, MESSAGE_CHARS_MAX).replace(/\[(\d+)\]/g, '.$1')
  // A server repeats a beta as its client wrote it, who may have written the name of anything.
  const own = betas.reduce((rest, beta) => rest.replaceAll(beta, '\0'), text)
  const named = STRIPS.flatMap((strip) => {
    if (names(own, strip))
      return [names(withoutInner(own, strip), strip) ? strip : { ...strip, isOfRequest: true as const }]
    const ofBetas = betas.filter((beta) => text.includes(beta) && startsWithOne(strip.betas, beta))
    return ofBetas.length === 0 ? [] : [{ ...strip, ofBetas }]
  })
  const found = named.filter((strip) => applyStrips(json, betas, [strip]).names.length > 0)
  return found.map((strip) => (isOfValue(text, strip) ? { ...strip, isOfRequest: true } : strip))
}

/** How servers say that they know a member, but not what it was set to. Betas are values of a header to some. */
const OF_VALUE =
  /\b(unsupported|unknown|unrecogni[sz]ed|unexpected|invalid) (value\b(?!\(s\))|variant\b)|does not support ['"`]|\bsupported values are\b/i
const OF_TAG = /does not match any of the expected/i

/** The tag of a block is what the block is; that of a member is what it was set to. */
function isOfValue(text: string, { blocks }: Strip): boolean {
  return OF_VALUE.test(text) || (blocks === undefined && OF_TAG.test(text))
}

const NONE: readonly Strip[] = Object.freeze([])

function names(text: string, { paths, blocks, said }: Strip): boolean {
  if (said?.test(text) === true) return true
  if (blocks?.some((type) => new RegExp(`['"\`]${type}['"\`]`).test(text)) === true) return true
  return paths.some((path) => namesPath(text, path))
}

/** A text without the names of members within a feature: a client may have put anything there. */
function withoutInner(text: string, { paths, parts = NO_PARTS }: Strip): string {
  return paths.reduce((rest, path) => {
    if (path.includes('.') || !rest.includes(`${path}.`)) return rest
    const inner = new RegExp(`(?<![\\w.])(?:body\\.)?${path}\\.(\\w+(?:\\.\\w+)*)`, 'g')
    return rest.replace(inner, (whole, member: string) => (parts.includes(member) ? whole : '\0'))
  }, text)
}

const NO_PARTS: readonly string[] = Object.freeze([])

/** By its whole path, or by its last name alone where that stands for itself: quoted, before a colon, or last. */
function namesPath(text: string, path: string): boolean {
  const steps = path.split('.')
  const whole = steps.map((step) => (step === '*' ? '\\d+(?:\\.\\w+)?' : step)).join('\\.')
  if (new RegExp(`(?<![\\w.])(?:body\\.)?${whole}(?=[.'"\`:\\s]|$)`).test(text)) {
    return steps.length > 1 || standsAlone(text, path)
  }
  const last = steps.at(-1) ?? ''
  return steps.length > 1 && !TOP_LEVEL.has(last) && standsAlone(text, last)
}

/** Names that mean the member of the body itself where nothing stands before them. */
const TOP_LEVEL = new Set(STRIPS.flatMap(({ paths }) => paths).filter((path) => !path.includes('.')))

function standsAlone(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w.])(?:body\\.)?${name}(?:[.]\\w+)*(?=['"\`:]|[.]?\\s*$)`, 'm').test(text)
}
