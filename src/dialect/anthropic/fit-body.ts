import type { Dropped, Envelope, PassthroughFit, UpstreamProfile } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { applyStrips, type Stripped } from '../strips/apply-strips.ts'
import { stripsOfBetas } from '../strips/strip-table.ts'
import { membersWithoutBeta, sortBetas } from './betas.ts'
import { refusesThinking, tryFitMessages } from './fit-messages.ts'
import { tryStandIn } from './stand-in.ts'
import { standsBehindThoughtless, wantsThought, withoutClearing } from './thoughtless-call.ts'

/**
 * What must change in a Messages body for the server that `profile` describes: clouds name the model in the path and
 * want version and betas inside the body; thinking that another vendor sealed would be refused.
 */
export function fitPassthrough(
  envelope: Pick<Envelope, 'model' | 'json' | 'outline'>,
  profile: UpstreamProfile,
): PassthroughFit {
  const { model, json, outline } = envelope
  const { quirks } = profile
  const isUnasked = refusesThinking(outline.thinking, profile.model)
  const isOff = tryObject(outline.thinking)?.type === 'disabled'
  const fittedMessages = tryFitMessages(envelope, profile, isUnasked || !isOff)
  const isThoughtless = cannotThink(outline, profile)
  const standIn = tryStandIn(envelope, profile)
  const isPlain =
    quirks.anthropicVersion === undefined && quirks.betas === undefined && quirks.dropMembers === undefined
  const isSame = model === profile.model && fittedMessages === null && !isThoughtless && !isUnasked
  if (isPlain && isSame && quirks.omitModel !== true) return AS_IT_CAME
  const refused = refusedMembers(json, profile)
  const fitted = {
    ...(quirks.omitModel === true ? { model: undefined } : model !== profile.model && { model: profile.model }),
    ...(fittedMessages !== null && { messages: fittedMessages.messages }),
    ...standIn?.edits,
    ...(isUnasked && { thinking: undefined }),
    ...(isThoughtless && { thinking: OFF, ...withoutClearing(json) }),
    ...(quirks.omitStream === true && { stream: undefined }),
    ...(quirks.anthropicVersion !== undefined && { anthropic_version: quirks.anthropicVersion }),
    ...betasInBody(profile),
    ...Object.fromEntries(refused.map((member) => [member, undefined])),
  }
  const stripped = withoutLostFeatures(() => ({ ...json, ...fitted }), profile)
  const edits = stripped === null ? fitted : { ...fitted, ...stripped.edits }
  const thinking = isThoughtless || (isUnasked && isOff) ? THINKING : NOTHING
  const lost = [...thinking, ...(standIn?.lost ?? NOTHING), ...(fittedMessages?.lost ?? NOTHING)]
  if (isPlain) return { edits, lost: [...new Set(lost)] }
  const names = [...lost, ...lostBetas(profile), ...refused, ...(stripped?.names ?? NOTHING)]
  return { edits, lost: [...new Set(names)] }
}

const NOTHING: readonly Dropped[] = Object.freeze([])
const THINKING: readonly Dropped[] = Object.freeze(['thinking'])
const BETAS: readonly Dropped[] = Object.freeze(['anthropic-beta'])
const AS_IT_CAME: PassthroughFit = Object.freeze({ edits: Object.freeze({}), lost: NOTHING })
const OFF: Json = Object.freeze({ type: 'disabled' })

/** A model that has to think within a budget refuses to go on from a call that no thought led to: another vendor's. */
function cannotThink({ thinking, messages }: Json, { model }: UpstreamProfile): boolean {
  return tryObject(thinking)?.type === 'enabled' && wantsThought(model) && standsBehindThoughtless(messages)
}

/** A written body with those edits made, and what they took out. */
export function fitBody(
  json: Json,
  profile: UpstreamProfile,
): { readonly json: Json; readonly lost: readonly Dropped[] } {
  const { edits, lost } = fitPassthrough({ model: profile.model, json, outline: json }, profile)
  if (Object.keys(edits).length === 0) return { json, lost }
  const fitted = Object.entries({ ...json, ...edits }).filter(([, value]) => value !== undefined)
  return { json: Object.fromEntries(fitted), lost }
}

/**
 * The body without the features below its top whose betas the server does not know; `null` if there is none.
 *
 * @param json asked for only if there may be one
 */
function withoutLostFeatures(json: () => Json, { quirks, betas = [] }: UpstreamProfile): Stripped | null {
  if (quirks.betas === undefined || betas.length === 0) return null
  const { known, lost } = sortBetas(betas, quirks.betas.known)
  const strips = stripsOfBetas(lost, known)
  return strips.length === 0 ? null : applyStrips(json(), NOTHING, strips)
}

function lostBetas({ quirks, betas = [] }: UpstreamProfile): readonly Dropped[] {
  return quirks.betas !== undefined && sortBetas(betas, quirks.betas.known).lost.length > 0 ? BETAS : NOTHING
}

function betasInBody({ quirks, betas = [] }: UpstreamProfile): Json {
  if (quirks.betas?.in !== 'body') return {}
  const { known } = sortBetas(betas, quirks.betas.known)
  return known.length > 0 ? { anthropic_beta: known } : {}
}

function refusedMembers(json: Json, { quirks, betas = [] }: UpstreamProfile): readonly string[] {
  const listed = quirks.dropMembers?.filter((member) => json[member] !== undefined) ?? []
  if (quirks.betas === undefined) return listed
  const { known } = sortBetas(betas, quirks.betas.known)
  return [...new Set([...listed, ...membersWithoutBeta(json, known)])]
}
