import { REQUEST_CLASSES, type RequestClass } from '../core/request-class.ts'

/**
 * How much of each threshold a class may fill. Because the same share holds for every signal, a class is never
 * admitted where a more urgent one is refused.
 */
export const CLASS_SHARE: Readonly<Record<RequestClass, number>> = {
  main: 1,
  subagent: 0.95,
  background: 0.85,
  batch: 0.7,
}

/** The client's own words, or `null`; nothing here is to be trusted beyond what the key allows. */
export interface ClassHeaders {
  /** `x-claude-code-request-class` */
  readonly requestClass: string | null
  /** `x-claude-code-agent-id` */
  readonly agentId: string | null
  /** `x-claude-code-parent-agent-id` */
  readonly parentAgentId: string | null
}

/**
 * Values of Claude Code 2.1.330, and ours. Compaction stands between the user and the next turn; `auxiliary` and
 * `side_reply` are titles, summaries and the like, which nobody waits for.
 */
const CLASS_BY_NAME: ReadonlyMap<string, RequestClass> = new Map([
  ['main', 'main'],
  ['compaction', 'main'],
  ['subagent', 'subagent'],
  ['workflow', 'subagent'],
  ['auxiliary', 'background'],
  ['side_reply', 'background'],
  ['background', 'background'],
  ['batch', 'batch'],
])

/**
 * Class of a request: the least urgent of what its headers say. So a header can only lower it, and a request without any
 * is `main`, as far as its key goes. Unknown names say nothing.
 */
export function requestClass(headers: ClassHeaders): RequestClass {
  const named = CLASS_BY_NAME.get(headers.requestClass?.trim().toLowerCase() ?? '') ?? 'main'
  const isAgent = headers.agentId !== null || headers.parentAgentId !== null
  return lessUrgent(named, isAgent ? 'subagent' : 'main')
}

/** The one that gives way to the other. */
export function lessUrgent(a: RequestClass, b: RequestClass): RequestClass {
  return REQUEST_CLASSES.indexOf(a) >= REQUEST_CLASSES.indexOf(b) ? a : b
}
