import { type Json, listOf } from '../core/json.ts'
import type { Profile } from './profile.ts'
import { refuse } from './refused.ts'

const VERSIONS: Readonly<Record<string, string>> = { bedrock: 'bedrock-2023-05-31', vertex: 'vertex-2023-10-16' }

/** Betas that a cloud knows; another makes it refuse the request. */
const BETAS =
  /^(computer-use|context-1m|context-management|effort|fine-grained-tool-streaming|interleaved-thinking|output-128k|token-efficient-tools|tool-examples|tool-search-tool)-/

/**
 * A request for Claude on a cloud as the Messages API would have had it, so that it can be judged by the same rules;
 * what a cloud alone refuses is refused here.
 */
export function asMessages(profile: Profile, headers: Headers, json: Json): { headers: Headers; json: Json } {
  const { flavor, name, operation } = profile
  const { anthropic_version: version, anthropic_beta: betas, ...rest } = json
  const isBedrock = flavor === 'bedrock'
  const isCount = operation === 'count_tokens'
  if (version === undefined) refuse('anthropic_version: Field required')
  if (version !== VERSIONS[flavor]) refuse(`anthropic_version: Input should be '${VERSIONS[flavor]}'`)
  if (rest.model !== undefined && !isCount) refuse('model: Extra inputs are not permitted')
  if (isBedrock && rest.stream !== undefined) refuse('stream: Extra inputs are not permitted')
  if (!isBedrock && betas !== undefined) refuse('anthropic_beta: Extra inputs are not permitted')
  const values = isBedrock
    ? listOf(betas).map(String)
    : (headers.get('anthropic-beta') ?? '').split(',').filter(Boolean)
  for (const value of values) {
    const isKnown = BETAS.test(value) || (isBedrock && value.startsWith('compact-'))
    if (!isKnown) refuse('invalid beta flag')
  }
  return {
    headers: new Headers({ 'anthropic-version': '2023-06-01', 'anthropic-beta': values.join(',') }),
    json: { ...rest, ...(!isCount && { model: name ?? '' }) },
  }
}
