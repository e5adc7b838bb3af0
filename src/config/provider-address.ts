import type { Provider } from '../core/target.ts'
import type { ParameterName } from '../routing/provider-row.ts'
import { normalizeBaseUrl } from './base-url.ts'
import { baseNames, defined, firstSet, type Source } from './provider-source.ts'

/** Values for the placeholders of a row's address and paths. */
export type Parameters = Readonly<Partial<Record<ParameterName, string>>>

/** Where a provider is: its address and its paths, the placeholders filled in; `null` where something is missing. */
export function readAddress(
  source: Source,
): { readonly baseUrl: string; readonly paths: Provider['paths']; readonly parameters: Parameters } | null {
  const parameters = readParameters(source)
  const baseUrl = readBaseUrl(source, parameters)
  const paths = readPaths(source, parameters)
  return baseUrl === null || paths === null ? null : { baseUrl, paths, parameters }
}

function readParameters({ row, entry, environment }: Source): Parameters {
  const found: Partial<Record<ParameterName, string>> = {}
  for (const { name, names, fallback } of row.parameters ?? []) {
    const value = entry[name] ?? firstSet(environment, names)?.value ?? fallback
    if (value !== undefined) found[name] = value
  }
  return found
}

function readBaseUrl(source: Source, parameters: Parameters): string | null {
  const { row, entry, environment, issues, place } = source
  const names = baseNames(row)
  const set = entry.base === undefined ? firstSet(environment, names) : null
  const own = row.regionUrls?.[parameters.region ?? ''] ?? row.baseUrl
  const written = entry.base ?? set?.value
  if (written === undefined && own !== null) return fill(own, source, parameters)
  if (written === undefined) {
    issues.push({ place: place('base', names), message: `${row.title} needs its address; set ${names.join(' or ')}` })
    return null
  }
  const normalized = normalizeBaseUrl(written, row)
  if ('url' in normalized) return normalized.url
  issues.push({ place: set?.name ?? place('base', names), message: normalized.wrong })
  return null
}

function readPaths(source: Source, parameters: Parameters): Provider['paths'] | null {
  const { chatStream, ...paths } = { ...source.row.paths, ...defined(source.entry.paths ?? {}) }
  const chat = fill(paths.chat, source, parameters)
  if (chat === null) return null
  const filled = (path: string | null): string | null => (path === null ? null : fill(path, source, parameters))
  const stream = filled(chatStream ?? null)
  return {
    chat,
    ...(stream !== null && { chatStream: stream }),
    countTokens: filled(paths.countTokens),
    models: filled(paths.models),
    embeddings: filled(paths.embeddings),
  }
}

/** The text with its placeholders replaced, `{model}` excepted; `null`, and an issue, where one has no value. */
function fill(text: string, { row, issues, place }: Source, parameters: Parameters): string | null {
  let isWhole = true
  const filled = text.replace(/\{(\w+)\}/g, (placeholder, word) => {
    const parameter = row.parameters?.find(({ name }) => name === word)
    if (parameter === undefined) return placeholder
    const value = parameters[parameter.name]
    if (value !== undefined) return encodeURIComponent(value)
    isWhole = false
    const message = `${row.title} needs its ${parameter.title}; set ${parameter.names.join(' or ')}`
    const issue = { place: place(parameter.name, parameter.names), message }
    if (!issues.some((known) => known.place === issue.place && known.message === message)) issues.push(issue)
    return ''
  })
  return isWhole ? filled : null
}

/** A row's headers with its parameters in them; one whose parameter is not known is left out. */
export function fillHeaders(
  headers: Readonly<Record<string, string>>,
  parameters: Parameters,
): Readonly<Record<string, string>> {
  const values: Readonly<Record<string, string | undefined>> = parameters
  const filled = Object.entries(headers).map(([name, text]): [string, string | null] => {
    const word = /^\{(\w+)\}$/.exec(text)?.[1]
    return [name, word === undefined ? text : (values[word] ?? null)]
  })
  return Object.fromEntries(filled.filter((entry): entry is [string, string] => entry[1] !== null))
}

/** The operator's headers as a client's come: in lower case, so that one of the same name can be told, and no space around. */
export function lowerCased(headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]))
}
