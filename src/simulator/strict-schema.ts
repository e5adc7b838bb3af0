import { listOf } from '../core/json.ts'
import { refuse } from './refused.ts'
import { record } from './request.ts'

/** Refuses what OpenAI refuses of a function's parameters: an object without members, a listOf that holds nothing named. */
export function checkParameters(name: unknown, parameters: unknown): void {
  if (parameters === undefined) return
  const { type, properties } = record(parameters)
  if (type !== 'object') refused(name, [], `schema must be a JSON Schema of 'type: "object"', got 'type: "${type}"'.`)
  if (Object.keys(record(parameters)).some((key) => /^(oneOf|anyOf|allOf|enum|not)$/.test(key))) {
    const wrong = "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    refuse(`Invalid schema for function '${name}': ${wrong}`)
  }
  if (properties === undefined) refused(name, [], 'object schema missing properties.')
  checkLists(name, parameters, [])
}

function checkLists(name: unknown, value: unknown, place: readonly string[]): void {
  const { type, items, properties, anyOf } = record(value)
  if (type === 'array' && items === undefined) refused(name, place, 'array schema missing items.')
  if (items !== undefined) checkLists(name, items, [...place, 'items'])
  for (const [key, one] of Object.entries(record(properties))) checkLists(name, one, [...place, 'properties', key])
  listOf(anyOf).forEach((one, i) => {
    checkLists(name, one, [...place, 'anyOf', String(i)])
  })
}

function refused(name: unknown, place: readonly string[], wrong: string): never {
  const context = place.map((step) => `'${step}'`).join(', ')
  return refuse(`Invalid schema for function '${name}': In context=(${context}), ${wrong}`)
}
