import { type RequestClass, requestClass } from '../resilience/request-class.ts'

/**
 * What a request is for, by its headers; they can only lower it.
 *
 * @param best the most urgent class that the key's priority allows
 */
export function classOf(headers: Headers, best: RequestClass = 'main'): RequestClass {
  const words = {
    requestClass: headers.get('x-claude-code-request-class'),
    agentId: headers.get('x-claude-code-agent-id'),
    parentAgentId: headers.get('x-claude-code-parent-agent-id'),
  }
  return requestClass(words, best)
}
