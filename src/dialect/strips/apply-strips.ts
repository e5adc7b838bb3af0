import { isObject, type Json } from '../../core/json.ts'
import { startsWithOne } from '../anthropic/betas.ts'
import type { Strip } from './strip-table.ts'

export interface Stripped {
  /** Top-level member → new value, `undefined` to take it out; only those that change. */
  readonly edits: Json
  /** Names of the strips that found something to take out, in the body or among the betas. */
  readonly names: readonly string[]
}

/**
 * What must change in a request so that it has none of these features. The body is not touched, and what is written
 * anew depends on nothing but the body: the same beginning of a conversation stays the same bytes.
 *
 * @param betas values of the request's `anthropic-beta`
 */
export function applyStrips(json: Json, betas: readonly string[], strips: readonly Strip[]): Stripped {
  let current = json
  const names: string[] = []
  for (const { name, paths, blocks = NONE, items = NONE, includes = NONE, betas: prefixes } of strips) {
    const before = current
    for (const path of paths) current = withoutMember(current, path.split('.'))
    if (blocks.length > 0) current = withoutBlocks(current, blocks)
    if (items.length > 0) current = withoutItems(current, items)
    if (includes.length > 0) current = withoutListed(current, 'include', (one) => includes.includes(one))
    current = withoutListed(current, 'anthropic_beta', (beta) => startsWithOne(prefixes, beta))
    if (current !== before || betas.some((beta) => startsWithOne(prefixes, beta))) names.push(name)
  }
  const changed = Object.keys(json).filter((key) => current[key] !== json[key])
  return { edits: Object.fromEntries(changed.map((key) => [key, current[key]])), names }
}

const NONE: readonly string[] = Object.freeze([])

/** A header's betas without those of the strips; `null` if none is left. */
export function betasLeft(header: string, strips: readonly Strip[]): string | null {
  const prefixes = strips.flatMap(({ betas }) => betas)
  const kept = header.split(',').filter((beta) => !startsWithOne(prefixes, beta.trim()))
  return kept.length === 0 ? null : kept.map((beta) => beta.trim()).join(',')
}

function withoutBlocks(json: Json, types: readonly string[]): Json {
  const { messages } = json
  if (!Array.isArray(messages)) return json
  const kept = messages.flatMap((message: unknown) => {
    if (!isObject(message)) return [message]
    const { role, content } = message
    if (role !== 'system' || !Array.isArray(content)) return [message]
    const others = content.filter((block) => !types.includes(String(block?.type)))
    if (others.length === content.length) return [message]
    return others.length === 0 ? [] : [{ ...message, content: others }]
  })
  const isSame = kept.length === messages.length && kept.every((message, i) => message === messages[i])
  return isSame ? json : { ...json, messages: kept }
}

function withoutItems(json: Json, types: readonly string[]): Json {
  const { input } = json
  if (!Array.isArray(input)) return json
  const kept = input.filter((item) => !types.includes(String(item?.type)))
  return kept.length === input.length ? json : { ...json, input: kept }
}

/** A list that loses all it holds goes with it. Clouds want the betas in one. */
function withoutListed(json: Json, member: string, goes: (one: string) => boolean): Json {
  const listed = json[member]
  if (!Array.isArray(listed)) return json
  const kept = listed.filter((one) => !goes(String(one)))
  if (kept.length === listed.length) return json
  return kept.length === 0 ? omit(json, member) : { ...json, [member]: kept }
}

/** The object without what stands at the path, and what held nothing else; the same object if nothing does. */
function withoutMember(object: Json, [step = '', ...rest]: readonly string[]): Json {
  if (!Object.hasOwn(object, step)) return object
  if (rest.length === 0) return omit(object, step)
  const inner = without(object[step], rest)
  if (inner === object[step]) return object
  const isEmptied = isObject(inner) && Object.keys(inner).length === 0
  return isEmptied ? omit(object, step) : { ...object, [step]: inner }
}

/** As `withoutMember`; `*` stands for each item of a list. */
function without(value: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path
  if (step !== '*') return isObject(value) ? withoutMember(value, path) : value
  if (!Array.isArray(value)) return value
  const items = value.map((item) => without(item, rest))
  return items.every((item, i) => item === value[i]) ? value : items
}

function omit(object: Json, name: string): Json {
  const { [name]: _, ...others } = object
  return others
}
