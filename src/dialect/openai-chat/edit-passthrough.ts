import type { Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { tryObject } from './wire.ts'

/**
 * A Chat request to a Chat server: the model's name where it differs, or its absence where a server refuses it, and the
 * wish for usage, without which a stream could not be billed. The relay withholds what the client did not ask for.
 */
export function editPassthrough(
  { json, model, stream }: Envelope,
  profile: UpstreamProfile,
): Readonly<Record<string, unknown>> {
  const { omitModel = false, streamUsage = true } = profile.quirks
  const options = tryObject(json.stream_options)
  const asksForUsage = stream && streamUsage && options?.include_usage !== true
  return {
    ...((omitModel || model !== profile.model) && { model: omitModel ? undefined : profile.model }),
    ...(asksForUsage && { stream_options: { ...options, include_usage: true } }),
  }
}
