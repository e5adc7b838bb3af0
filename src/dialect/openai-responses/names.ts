import { type Json, textOf, tryObject } from '../../core/json.ts'
import type { Tool } from '../../core/request.ts'
import { customToolOf } from '../openai-chat/custom-tools.ts'

/** Between a namespace and a tool in it, in the one name that other dialects know. */
const SEPARATOR = '__'

export function joinedName(namespace: string, name: string): string {
  return namespace === '' ? name : namespace + SEPARATOR + name
}

/** How a client that offered `tool` wants to be called: by a name inside a namespace, with JSON or with free text. */
export interface CallForm {
  readonly name: string
  readonly namespace: string | null
  readonly isCustom: boolean
}

/** Forms of the offered tools that differ from a plain function of the same name. */
export function callForms(tools: readonly Tool[]): ReadonlyMap<string, CallForm> {
  const forms = new Map<string, CallForm>()
  for (const tool of tools) {
    const namespace = namespaceOf(tool)
    const isCustom = customToolOf(tool, 'openai-responses') !== null
    if (namespace === null && !isCustom) continue
    const inner = namespace === null ? '' : textOf(namespace.name)
    const name = namespace === null ? tool.name : tool.name.slice(joinedName(inner, '').length)
    forms.set(tool.name, { name, namespace: namespace === null ? null : inner, isCustom })
  }
  return forms
}

/** Name and description of the namespace that a tool came in, or `null`. */
export function namespaceOf(tool: Tool): Json | null {
  return tool.opaque?.dialect === 'openai-responses' ? tryObject(tool.opaque.members.namespace) : null
}
