import { BETA_CHARS_MAX } from '../../core/limits.ts'

/** A feature that can be left out of a request: its members and the betas that enable them go together or not at all. */
export interface Strip {
  readonly name: string
  /** Beginnings of `anthropic-beta` values, which carry a date behind. */
  readonly betas: readonly string[]
  /** Where its members stand; `*` is every item of a list. */
  readonly paths: readonly string[]
  /** Members of it that stand for the whole where a server refuses one; any other may be its client's own invention. */
  readonly parts?: readonly string[]
  /** Types of blocks that go whole, out of system messages; a message of nothing else goes with them. */
  readonly blocks?: readonly string[]
  /** Types of items that go whole, out of a Responses conversation. */
  readonly items?: readonly string[]
  /** What the answer is no longer asked to hold. */
  readonly includes?: readonly string[]
  /** How servers name it, where not by a member. */
  readonly said?: RegExp
  /** Servers take the members without the beta by now. */
  readonly isGeneral?: true
  /** What this very request says is refused, not the feature: nothing is learnt of it. */
  readonly isOfRequest?: true
  /** Refused were these betas of this request alone: whoever names others has another feature, or another version of it. */
  readonly ofBetas?: readonly string[]
}

const CARRIERS = ['system.*', 'tools.*', 'messages.*.content.*'] as const

function cacheMember(member: string): readonly string[] {
  return CARRIERS.map((carrier) => `${carrier}.cache_control.${member}`)
}

/**
 * Everything that lynkr may leave out because a server refuses it: nothing that changes what is asked, only how.
 * What is not here stays, and the client hears the server's own words.
 */
export const STRIPS: readonly Strip[] = [
  { name: 'context_management', betas: ['context-management-'], paths: ['context_management'] },
  {
    name: 'output_config',
    betas: ['effort-', 'task-budgets-'],
    paths: ['output_config'],
    parts: ['effort', 'task_budget'],
  },
  { name: 'response_format', betas: [], paths: ['outputConfig'], said: /support the outputConfig field/ },
  { name: 'messages.output_config', betas: ['per-turn-control-'], paths: ['messages.*.output_config'] },
  {
    name: 'advanced_tool_use',
    betas: ['advanced-tool-use-', 'tool-search-tool-'],
    paths: ['tools.*.defer_loading', 'tools.*.input_examples', 'tools.*.allowed_callers'],
  },
  {
    name: 'tool_changes',
    betas: ['mid-conversation-tool-changes-'],
    paths: [],
    blocks: ['tool_addition', 'tool_removal'],
  },
  { name: 'tools.strict', betas: [], paths: ['tools.*.strict', 'tools.*.function.strict'] },
  {
    name: 'eager_input_streaming',
    betas: ['fine-grained-tool-streaming-'],
    paths: ['tools.*.eager_input_streaming'],
  },
  { name: 'thinking_token_count', betas: ['thinking-token-count-'], paths: [] },
  { name: 'thinking.display', betas: ['thinking-display-updates-'], paths: ['thinking.display'] },
  { name: 'interleaved_thinking', betas: ['interleaved-thinking-'], paths: [] },
  { name: 'context_1m', betas: ['context-1m-'], paths: [] },
  { name: 'claude_code', betas: ['claude-code-'], paths: [] },
  { name: 'cache_control.scope', betas: ['prompt-caching-scope-'], paths: cacheMember('scope') },
  { name: 'cache_control.ttl', betas: ['extended-cache-ttl-'], paths: cacheMember('ttl'), isGeneral: true },
  { name: 'tool_calls.cache_control', betas: [], paths: ['messages.*.tool_calls.*.cache_control'] },
  {
    name: 'messages.reasoning',
    betas: [],
    paths: ['messages.*.reasoning_content', 'messages.*.reasoning', 'messages.*.reasoning_details'],
  },
  {
    name: 'reasoning.encrypted_content',
    betas: [],
    paths: [],
    items: ['reasoning'],
    said: /encrypted[ _]content/i,
    isOfRequest: true,
  },
  {
    name: 'include.encrypted_content',
    betas: [],
    paths: [],
    includes: ['reasoning.encrypted_content'],
    said: /encrypted content is not supported/i,
  },
  { name: 'speed', betas: ['fast-mode-'], paths: ['speed'] },
  { name: 'service_tier', betas: [], paths: ['service_tier'] },
  { name: 'metadata', betas: [], paths: ['metadata'], parts: ['user_id'] },
  { name: 'parallel_tool_calls', betas: [], paths: ['parallel_tool_calls'] },
  { name: 'prompt_cache_key', betas: [], paths: ['prompt_cache_key'] },
  { name: 'prompt_cache_retention', betas: [], paths: ['prompt_cache_retention'] },
  { name: 'safety_identifier', betas: [], paths: ['safety_identifier'] },
  { name: 'user', betas: [], paths: ['user'] },
  { name: 'store', betas: [], paths: ['store'] },
  { name: 'verbosity', betas: [], paths: ['verbosity', 'text.verbosity'] },
  { name: 'reasoning_effort', betas: [], paths: ['reasoning_effort', 'reasoning.effort'] },
  { name: 'reasoning.summary', betas: [], paths: ['reasoning.summary'] },
  { name: 'client_metadata', betas: [], paths: ['client_metadata'] },
]

export const STRIP_NAMES: readonly string[] = STRIPS.map(({ name }) => name)

/**
 * Features that a request brings along with a beta which its server does not know: header and member go together or
 * not at all.
 *
 * @param lost betas of the request that the server does not know
 * @param known those that it does; one of them is enough for the members to stay
 */
export function stripsOfBetas(lost: readonly string[], known: readonly string[]): readonly Strip[] {
  if (lost.length === 0) return NONE
  return STRIPS.filter(({ betas: prefixes, paths, blocks, isGeneral }) => {
    const isEnabledBy = (betas: readonly string[]): boolean =>
      betas.some((beta) => prefixes.some((prefix) => beta.startsWith(prefix)))
    const hasMembers = paths.length > 0 || blocks !== undefined
    return hasMembers && isGeneral !== true && isEnabledBy(lost) && !isEnabledBy(known)
  })
}

const NONE: readonly Strip[] = Object.freeze([])

/**
 * The strips of these names; names that are none are left out.
 *
 * @param betas those of the request, for names that `lessonsOf` has made of one
 */
export function stripsNamed(names: readonly string[], betas: readonly string[] = NO_BETAS): readonly Strip[] {
  return STRIPS.filter(({ name }) => names.includes(name) || betas.some((beta) => names.includes(ofBeta(name, beta))))
}

/** By what names others hear of a strip that was refused. */
export function lessonsOf({ name, ofBetas }: Strip): readonly string[] {
  if (ofBetas === undefined) return [name]
  return ofBetas
    .filter((beta) => beta.length <= BETA_CHARS_MAX && PLAIN_BETA.test(beta))
    .map((beta) => ofBeta(name, beta))
}

/** Anything else is no beta of a vendor's, and would stand in the log as its client wrote it. */
const PLAIN_BETA = /^[a-z0-9._-]+$/i

function ofBeta(name: string, beta: string): string {
  return `${name}@${beta}`
}

const NO_BETAS: readonly string[] = Object.freeze([])
