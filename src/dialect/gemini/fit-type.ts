import type { Settled } from './alternatives.ts'

/** Members that a schema of one type alone may have; beside any other, or none, they have the request refused. */
const OWNERS: Readonly<Record<string, string>> = {
  properties: 'object',
  required: 'object',
  minProperties: 'object',
  maxProperties: 'object',
  items: 'array',
  minItems: 'array',
  maxItems: 'array',
  enum: 'string',
}

/** What a schema without a type is, by what it has. */
const TELLING = ['properties', 'items', 'enum'] as const

/**
 * A converted schema with the type that its members tell, where it says none, and without those that belong to another:
 * JSON Schema lets both pass, and tools of MCP servers have both.
 */
export function fitType(converted: Readonly<Record<string, unknown>>): Settled {
  const told = TELLING.find((member) => converted[member] !== undefined)
  const type = converted.type ?? (told === undefined ? undefined : OWNERS[told])
  if (type === undefined) return { schema: converted, isNarrowed: false }
  const own = String(type).toLowerCase()
  const foreign = Object.keys(converted).filter((member) => Object.hasOwn(OWNERS, member) && OWNERS[member] !== own)
  if (converted.type !== undefined && foreign.length === 0) return { schema: converted, isNarrowed: false }
  const kept = Object.entries(converted).filter(([member]) => !foreign.includes(member))
  return { schema: Object.fromEntries([...kept, ['type', type]]), isNarrowed: foreign.length > 0 }
}
