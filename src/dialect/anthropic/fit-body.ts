import type { Dropped, Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { applyStrips, type Stripped } from '../strips/apply-strips.ts'
import { stripsOfBetas } from '../strips/strip-table.ts'
import { membersWithoutBeta, sortBetas } from './betas.ts'
import { hasForeignThinking, withoutForeign } from './foreign-thinking.ts'
import { standsBehindThoughtless, wantsThought, withoutClearing } from './thoughtless-call.ts'
import { asWire, type Wire } from './wire.ts'

/**
 * What must change in a Messages body for the server that `profile` describes: clouds name the model in the path and
 * want version and betas inside the body; thinking that another vendor sealed would be refused.
 *
 * @returns member → new value, or `undefined` to take it out; nothing where the body goes on as it is
 */
export function editPassthrough(
  { model, json, outline }: Pick<Envelope, 'model' | 'json' | 'outline'>,
  profile: UpstreamProfile,
): Wire {
  const { quirks } = profile
  const messages = hasForeignThinking(outline.messages) ? withoutForeign(json.messages) : null
  const isPlain =
    quirks.anthropicVersion === undefined && quirks.betas === undefined && quirks.dropMembers === undefined
  const isThoughtless = cannotThink(outline, profile)
  const isSame = model === profile.model && messages === null && !isThoughtless
  if (isPlain && isSame && quirks.omitModel !== true) return NO_EDITS
  const fitted = {
    ...(quirks.omitModel === true ? { model: undefined } : model !== profile.model && { model: profile.model }),
    ...(messages !== null && { messages }),
    ...(isThoughtless && { thinking: OFF, ...withoutClearing(json) }),
    ...(quirks.omitStream === true && { stream: undefined }),
    ...(quirks.anthropicVersion !== undefined && { anthropic_version: quirks.anthropicVersion }),
    ...betasInBody(profile),
    ...Object.fromEntries(refusedMembers(json, profile).map((member) => [member, undefined])),
  }
  const stripped = withoutLostFeatures(() => ({ ...json, ...fitted }), profile)
  return stripped === null ? fitted : { ...fitted, ...stripped.edits }
}

const NO_EDITS: Wire = Object.freeze({})
const OFF: Wire = Object.freeze({ type: 'disabled' })

/** A model that has to think within a budget refuses to go on from a call that no thought led to: another vendor's. */
function cannotThink({ thinking, messages }: Wire, { model }: UpstreamProfile): boolean {
  return asWire(thinking)?.type === 'enabled' && wantsThought(model) && standsBehindThoughtless(messages)
}

/** Betas, members and thinking that this server would refuse, by name. */
export function passthroughLoss(
  { json, outline }: Pick<Envelope, 'json' | 'outline'>,
  profile: UpstreamProfile,
): readonly Dropped[] {
  const { quirks, betas = [] } = profile
  const thinking = hasForeignThinking(outline.messages) || cannotThink(outline, profile) ? FOREIGN : NOTHING
  if (quirks.betas === undefined && quirks.dropMembers === undefined) return thinking
  const isBetaLost = quirks.betas !== undefined && sortBetas(betas, quirks.betas.known).lost.length > 0
  const features = withoutLostFeatures(() => json, profile)?.names ?? NOTHING
  const beta = isBetaLost ? ['anthropic-beta'] : NOTHING
  return [...new Set([...thinking, ...beta, ...refusedMembers(json, profile), ...features])]
}

const NOTHING: readonly Dropped[] = Object.freeze([])
const FOREIGN: readonly Dropped[] = Object.freeze(['thinking'])

/** A written body with those edits made. */
export function fitBody(json: Wire, profile: UpstreamProfile): Wire {
  const edits = editPassthrough({ model: profile.model, json, outline: json }, profile)
  if (Object.keys(edits).length === 0) return json
  return Object.fromEntries(Object.entries({ ...json, ...edits }).filter(([, value]) => value !== undefined))
}

/**
 * The body without the features below its top whose betas the server does not know; `null` if there is none.
 *
 * @param json asked for only if there may be one
 */
function withoutLostFeatures(json: () => Wire, { quirks, betas = [] }: UpstreamProfile): Stripped | null {
  if (quirks.betas === undefined || betas.length === 0) return null
  const { known, lost } = sortBetas(betas, quirks.betas.known)
  const strips = stripsOfBetas(lost, known)
  return strips.length === 0 ? null : applyStrips(json(), NOTHING, strips)
}

function betasInBody({ quirks, betas = [] }: UpstreamProfile): Wire {
  if (quirks.betas?.in !== 'body') return {}
  const { known } = sortBetas(betas, quirks.betas.known)
  return known.length > 0 ? { anthropic_beta: known } : {}
}

function refusedMembers(json: Wire, { quirks, betas = [] }: UpstreamProfile): readonly string[] {
  const listed = quirks.dropMembers?.filter((member) => json[member] !== undefined) ?? []
  if (quirks.betas === undefined) return listed
  const { known } = sortBetas(betas, quirks.betas.known)
  return [...new Set([...listed, ...membersWithoutBeta(json, known)])]
}
