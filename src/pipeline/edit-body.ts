import { type MemberSpan, topLevelMembers } from '../core/top-level-members.ts'
import type { RequestBody } from './request-body.ts'

/** A body in which these members were set to other values. Does not parse what nobody asked for yet. */
export function withMembers(body: RequestBody, members: Readonly<Record<string, unknown>>): RequestBody {
  const { json, outline } = body.envelope
  const described = { ...Object.getOwnPropertyDescriptors(json), ...Object.getOwnPropertyDescriptors(members) }
  return {
    ...body,
    bytes: spliceMembers(body.bytes, members),
    envelope: { ...body.envelope, json: Object.defineProperties({}, described), outline: { ...outline, ...members } },
  }
}

/** A body without a member that occurs once, which is named among what was left out. Parses as little as `withMembers`. */
export function withoutMember(body: RequestBody, member: string): RequestBody {
  const { json, outline } = body.envelope
  const omit = (from: typeof json) => {
    const { [member]: _, ...described } = Object.getOwnPropertyDescriptors(from)
    return Object.defineProperties({}, described)
  }
  return {
    ...body,
    bytes: spliceMembers(body.bytes, { [member]: undefined }),
    envelope: { ...body.envelope, json: omit(json), outline: omit(outline) },
    dropped: [...(body.dropped ?? []), member],
  }
}

/**
 * The body with top-level members set to other values or taken out, every other byte as it came. Members that are not
 * there are added in front. The scan ends at the last member to be edited: clients write `model` first, so that it
 * costs nothing.
 *
 * @param bytes a JSON object in which no edited member occurs twice
 * @param edits member name → new value, JSON-serialisable; `undefined` takes the member out
 */
export function spliceMembers(bytes: Uint8Array, edits: Readonly<Record<string, unknown>>): Uint8Array {
  const wanted = Object.keys(edits)
  const members = topLevelMembers(bytes, (found) => wanted.every((key) => found.some((span) => span.key === key)))
  const cuts: Cut[] = []
  const added: string[] = []
  let kept = members.length
  for (const [key, value] of Object.entries(edits)) {
    const at = members.findIndex((span) => span.key === key)
    const member = members[at]
    if (value === undefined) {
      if (member === undefined) continue
      cuts.push(removal(bytes, member, lastKept(members.slice(0, at), edits)))
      kept--
    } else if (member !== undefined) {
      cuts.push({ start: member.valueStart, end: member.valueEnd, text: JSON.stringify(value) })
    } else added.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`)
  }
  const afterBrace = bytes.indexOf(OPEN_BRACE) + 1
  if (added.length > 0) cuts.push({ start: afterBrace, end: afterBrace, text: added.join(',') + (kept > 0 ? ',' : '') })
  cuts.sort((one, two) => one.start - two.start || one.end - two.end)
  const pieces: Uint8Array[] = []
  let at = 0
  for (const cut of cuts) {
    // Taken out already, with the member behind it.
    if (cut.start < at) continue
    pieces.push(bytes.subarray(at, cut.start), Buffer.from(cut.text))
    at = cut.end
  }
  pieces.push(bytes.subarray(at))
  return Buffer.concat(pieces)
}

interface Cut {
  readonly start: number
  readonly end: number
  readonly text: string
}

function lastKept(members: readonly MemberSpan[], edits: Readonly<Record<string, unknown>>): MemberSpan | undefined {
  return members.findLast(({ key }) => !(key in edits && edits[key] === undefined))
}

/**
 * Takes a member out together with the comma behind it, or, of the last one, the comma before it and all that goes
 * between the two.
 *
 * @param before the last member in front of it that stays
 */
function removal(bytes: Uint8Array, member: MemberSpan, before: MemberSpan | undefined): Cut {
  const comma = bytes.indexOf(COMMA, member.valueEnd)
  const isLast = comma === -1 || bytes.subarray(member.valueEnd, comma).some((byte) => byte > SPACE)
  if (!isLast) return { start: member.keyStart, end: comma + 1, text: '' }
  return { start: before?.valueEnd ?? member.keyStart, end: member.valueEnd, text: '' }
}

const SPACE = 0x20
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
