import { type RequestClass, requestClass } from '../resilience/request-class.ts'

/** What a request is for, by its headers; its key may allow less. */
export function classOf(headers: Headers): RequestClass {
  const words = {
    requestClass: headers.get('x-claude-code-request-class'),
    agentId: headers.get('x-claude-code-agent-id'),
    parentAgentId: headers.get('x-claude-code-parent-agent-id'),
  }
  return requestClass(words, 'main')
}
