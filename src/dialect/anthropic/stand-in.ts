import type { Dropped, Envelope, UpstreamProfile } from '../../core/dialect.ts'
import { type Json, tryObject } from '../../core/json.ts'
import { lowerLimit } from '../output-limit.ts'
import { claudeVersion } from './claude-version.ts'
import { NO_SAMPLING_FROM } from './encode-sampling.ts'
import { fitEffort } from './fit-effort.ts'
import { ADAPTIVE_FROM, ADAPTIVE_ONLY_FROM } from './fit-reasoning.ts'
import { limitOutput } from './limit-output.ts'
import { withoutClearing } from './thoughtless-call.ts'

interface StandIn {
  readonly edits: Json
  readonly lost: readonly Dropped[]
}

const SAMPLING = ['temperature', 'top_p', 'top_k'] as const

/**
 * What must change in a request for the Claude that stands in for another, as an alias or a route has it: a client writes a
 * request for the model of the name that it knows. `null` where both are of one version, or either is no Claude by its name.
 */
export function tryStandIn(envelope: Pick<Envelope, 'model' | 'json'>, profile: UpstreamProfile): StandIn | null {
  const { model: asked, json } = envelope
  const version = asked === profile.model ? null : claudeVersion(profile.model)
  if (version === null || version === claudeVersion(asked)) return null
  const lost: Dropped[] = []
  const edits: Record<string, unknown> = {}
  const { thinking, output_config: config, max_tokens: tokens } = json
  const limit = lowerLimit({ model: asked, maxOutputTokens: typeof tokens === 'number' ? tokens : null }, profile)
  if (limit !== null) Object.assign(edits, limitOutput(json, limit))
  const type = tryObject(thinking)?.type
  if (type === 'adaptive' && version < ADAPTIVE_FROM) {
    Object.assign(edits, { thinking: undefined }, withoutClearing(json))
    lost.push('thinking')
  }
  if (type === 'enabled' && version >= ADAPTIVE_ONLY_FROM) edits.thinking = { type: 'adaptive' }
  const { effort, ...others } = tryObject(config) ?? {}
  const known = effort === undefined ? effort : fitEffort(effort, profile.model)
  if (known !== effort) {
    const left = { ...others, ...(known !== null && { effort: known }) }
    edits.output_config = Object.keys(left).length > 0 ? left : undefined
    if (known === null) lost.push('reasoning_effort')
  }
  for (const name of SAMPLING) {
    if (json[name] === undefined || version < NO_SAMPLING_FROM) continue
    edits[name] = undefined
    lost.push(name)
  }
  return Object.keys(edits).length === 0 ? null : { edits, lost }
}
