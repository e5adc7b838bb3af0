import type { ChatRequest } from '../../core/request.ts'
import { shortHash } from '../../core/short-hash.ts'

const LEGAL = /^[A-Za-z0-9_-]{1,64}$/
const CHARS_MAX = 64

/**
 * Names of functions that begin as those of programs do.
 *
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/reference/nodejs/latest/vertexai/functiondeclaration
 */
export const LETTER_FIRST = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/

/** Names of tools on a server's wire, and back. */
export interface ToolNames {
  toWire(name: string): string
  toCanonical(wireName: string): string
  /** True if the request offers a tool that has this name on the wire. */
  isKnown(wireName: string): boolean
}

/**
 * Chat servers take `[A-Za-z0-9_-]{1,64}`; names of MCP tools can be longer. A longer one keeps its first characters
 * and ends in a hash. The mapping follows from the request alone, so that the answer's decoder can rebuild it.
 *
 * @param legal what the server takes: the form of Chat servers, or a part of it that names of one character can have
 */
export function toolNames(request: ChatRequest, legal = LEGAL): ToolNames {
  let names: ReadonlyMap<string, string> | null = null
  /** Made when an answer first calls a tool: most call none, and requests never ask. */
  const offered = (): ReadonlyMap<string, string> => {
    names ??= new Map(request.tools.map(({ name }) => [toWireName(name, legal), name]))
    return names
  }
  return {
    toWire: (name) => toWireName(name, legal),
    toCanonical: (wireName) => offered().get(wireName) ?? wireName,
    isKnown: (wireName) => offered().has(wireName),
  }
}

function toWireName(name: string, legal: RegExp): string {
  if (legal.test(name)) return name
  const hash = shortHash(name)
  const plain = name.replace(/[^A-Za-z0-9_-]/g, '_')
  const begun = legal.test(plain.slice(0, 1)) ? plain : `_${plain}`
  return `${begun.slice(0, CHARS_MAX - hash.length - 1)}_${hash}`
}
