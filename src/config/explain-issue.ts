import { z } from 'zod'
import { choiceOf, nearNames } from '../routing/near-names.ts'
import { fileSchema } from './file-schema.ts'

type Issue = z.core.$ZodIssue

/** A schema's issue in words for the person who wrote the file: one entry per place. */
export function explainIssue(issue: Issue): { path: readonly PropertyKey[]; message: string }[] {
  const { path } = issue
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path) }))
    case 'invalid_value':
      return [{ path, message: oneOf(issue.values.map(String), issue.input) }]
    case 'invalid_key':
      return issue.issues.map((inner) => ({ path, message: `the name ${inner.message}` }))
    case 'invalid_union':
      if ('options' in issue && Array.isArray(issue.options)) {
        return [
          { path, message: oneOf(issue.options.map(String), Reflect.get(Object(issue.input), String(path.at(-1)))) },
        ]
      }
      if (path[0] === 'models' || path[0] === 'routes') return [{ path, message: WRITTEN_AS }]
      break
    case 'invalid_type':
      if (path.length > 0 && issue.expected !== 'object' && issue.expected !== 'record') break
      return [{ path, message: 'must have settings of its own below it, such as `name: value`' }]
    case 'too_small':
      if (issue.origin === 'array') return [{ path, message: 'needs at least one entry' }]
      break
    default:
  }
  return [{ path, message: issue.message.replace(/^Invalid input: /, '') }]
}

const WRITTEN_AS =
  'must be written as provider/model, or as an object with provider, model and, in a route, a weight from 0 to 1000'

/** More names than this are no help in a line. */
const SHOWN_MAX = 30

function oneOf(values: readonly string[], input: unknown): string {
  const near = typeof input === 'string' ? nearNames(input, values) : []
  if (values.length > SHOWN_MAX && near.length > 0) {
    return `is none of the ${values.length} there are; did you mean ${choiceOf(near)}?`
  }
  return `must be one of ${values.join(', ')}${near[0] === undefined ? '' : `; did you mean ${near[0]}?`}`
}

function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const [near] = nearNames(key, known)
  const all = known.length > SHOWN_MAX ? '`lynkr config docs` has all' : `known are ${known.join(', ')}`
  return `is not a setting; ${near === undefined ? all : `did you mean ${near}?`}`
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
}

/** The keys that the schema knows at a path, read off its JSON Schema. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  // JSON Schema of our own making: its nodes have this shape.
  let nodes = [configJsonSchema() as SchemaNode]
  for (const step of path) nodes = nodes.flatMap((node) => childrenAt(node, String(step)))
  return [...new Set(nodes.flatMap(alternatives).flatMap((node) => Object.keys(node.properties ?? {})))]
}

function childrenAt(node: SchemaNode, step: string): SchemaNode[] {
  return alternatives(node).flatMap((one) => {
    const child = one.properties?.[step] ?? one.additionalProperties ?? one.items
    return typeof child === 'object' ? [child] : []
  })
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  return (node.anyOf ?? node.oneOf)?.flatMap(alternatives) ?? [node]
}

/** The configuration as JSON Schema, for editors and for `lynkr config schema`. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' })
}
