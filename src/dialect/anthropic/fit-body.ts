import type { Dropped, Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { membersWithoutBeta, sortBetas } from './betas.ts'
import type { Wire } from './wire.ts'

/**
 * What must change in a Messages body for the server that `profile` describes: clouds name the model in the path and
 * want version and betas inside the body.
 *
 * @returns member → new value, or `undefined` to take it out; nothing where the body goes on as it is
 */
export function editPassthrough({ model, json }: Pick<Envelope, 'model' | 'json'>, profile: UpstreamProfile): Wire {
  const { quirks } = profile
  const isPlain =
    quirks.anthropicVersion === undefined && quirks.betas === undefined && quirks.dropMembers === undefined
  if (isPlain && quirks.omitModel !== true) return model === profile.model ? NO_EDITS : { model: profile.model }
  return {
    ...(quirks.omitModel === true ? { model: undefined } : model !== profile.model && { model: profile.model }),
    ...(quirks.omitStream === true && { stream: undefined }),
    ...(quirks.anthropicVersion !== undefined && { anthropic_version: quirks.anthropicVersion }),
    ...betasInBody(profile),
    ...Object.fromEntries(refusedMembers(json, profile).map((member) => [member, undefined])),
  }
}

const NO_EDITS: Wire = Object.freeze({})

/** Betas and members that this server does not know, by name. */
export function passthroughLoss({ json }: Pick<Envelope, 'json'>, profile: UpstreamProfile): readonly Dropped[] {
  const { quirks, betas = [] } = profile
  if (quirks.betas === undefined && quirks.dropMembers === undefined) return NOTHING
  const isBetaLost = quirks.betas !== undefined && sortBetas(betas, quirks.betas.known).lost.length > 0
  return [...(isBetaLost ? ['anthropic-beta'] : []), ...refusedMembers(json, profile)]
}

const NOTHING: readonly Dropped[] = Object.freeze([])

/** A written body with those edits made. */
export function fitBody(json: Wire, profile: UpstreamProfile): Wire {
  const edits = editPassthrough({ model: profile.model, json }, profile)
  if (Object.keys(edits).length === 0) return json
  return Object.fromEntries(Object.entries({ ...json, ...edits }).filter(([, value]) => value !== undefined))
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
