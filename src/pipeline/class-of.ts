import type { RequestClass } from '../core/request-class.ts'
import { requestClass } from '../resilience/request-class.ts'

/** What a request is for, by its headers; its key may allow less. */
export function classOf(headers: Headers): RequestClass {
  return requestClass({
    requestClass: headers.get('x-claude-code-request-class'),
    agentId: headers.get('x-claude-code-agent-id'),
    parentAgentId: headers.get('x-claude-code-parent-agent-id'),
  })
}

/** Whether Claude Code asks; it says so in every request. */
export function isOfClaudeCode(headers: Headers): boolean {
  return headers.has('x-claude-code-session-id') || headers.get('user-agent')?.startsWith('claude-cli/') === true
}
