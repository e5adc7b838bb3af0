import { closeSync, openSync, readSync } from 'node:fs'
import type { Document } from 'yaml'
import { CONFIG_ALIASES_MAX, CONFIG_BYTES_MAX, CONFIG_SYNTAX_ERRORS_MAX } from '../core/limits.ts'
import { systemProblem } from '../core/system-error.ts'
import { explainIssue } from './explain-issue.ts'
import { type FileConfig, fileSchema } from './file-schema.ts'
import { type ConfigFile, NO_FILE } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'

/** What the file says; `null`, with an issue, if it cannot be read. */
export function tryReadConfig(path: string, issues: ConfigIssue[]): string | null {
  try {
    return readBounded(path)
  } catch (thrown) {
    issues.push({ place: path, message: `cannot be read: ${systemProblem(thrown)}` })
    return null
  }
}

/** What a file that may be wrong elsewhere has for the address to listen on, unchecked; nothing if it cannot be read. */
export function writtenAddress(path: string): { readonly host?: unknown; readonly port?: unknown } {
  try {
    const document = loadYaml().parseDocument(readBounded(path), { merge: true })
    const raw: unknown = document.toJS({ maxAliasCount: CONFIG_ALIASES_MAX })
    return typeof raw === 'object' && raw !== null
      ? { host: Reflect.get(raw, 'host'), port: Reflect.get(raw, 'port') }
      : {}
  } catch (thrown) {
    if (thrown instanceof Error) return {}
    throw thrown
  }
}

/** Reads in a loop, for a size means nothing for a pipe or a device. */
function readBounded(path: string): string {
  const buffer = new Uint8Array(CONFIG_BYTES_MAX + 1)
  const file = openSync(path, 'r')
  try {
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null)
    }
    if (length > CONFIG_BYTES_MAX) throw new Error(`it is larger than ${CONFIG_BYTES_MAX} bytes`)
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length))
  } finally {
    closeSync(file)
  }
}

/**
 * Reads and checks what a file says. Everything that is wrong goes to `issues`, with line, path and a suggestion.
 *
 * @param name what the issues call the file
 */
export function parseConfig(text: string, name: string, issues: ConfigIssue[]): ConfigFile {
  const { LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const at = (offset: number): string => `${name}:${lines.linePos(offset).line}`
  for (const error of document.errors.slice(0, CONFIG_SYNTAX_ERRORS_MAX)) {
    issues.push({ place: at(error.pos[0]), message: error.message })
  }
  if (document.errors.length > 0) return NO_FILE

  const place = (path: readonly PropertyKey[]): string => {
    const shown = path.map(String).join('.')
    const offset = offsetOf(document, path)
    return `${offset === null ? name : at(offset)}${shown === '' ? '' : ` ${shown}`}`
  }
  let raw: unknown
  try {
    raw = document.toJS({ maxAliasCount: CONFIG_ALIASES_MAX }) ?? {}
  } catch (thrown) {
    issues.push({ place: name, message: thrown instanceof Error ? thrown.message : String(thrown) })
    return NO_FILE
  }
  const result = fileSchema.safeParse(raw, { reportInput: true })
  if (result.success) return { config: result.data, broken: new Set(), place }
  for (const issue of result.error.issues) {
    for (const { path, message } of explainIssue(issue)) issues.push({ place: place(path), message })
  }
  const broken = result.error.issues.flatMap(({ path }) =>
    path[0] === 'providers' ? path.slice(1, 2).map(String) : [],
  )
  return { config: salvage(raw), broken: new Set(broken), place }
}

/** The parts of a wrong file that names can still be checked in, so that all issues come together. */
function salvage(raw: unknown): FileConfig {
  const { providers, models, routes, commands } = fileSchema.shape
  const sections = typeof raw === 'object' && raw !== null ? { ...raw } : {}
  const section = (name: string): [string, unknown][] => {
    const value: unknown = Reflect.get(sections, name)
    return typeof value === 'object' && value !== null ? Object.entries(value) : []
  }
  const valid = (schema: typeof providers | typeof models | typeof routes | typeof commands, name: string) =>
    Object.fromEntries(section(name).filter(([key, value]) => schema.safeParse({ [key]: value }).success))
  const named = Object.fromEntries(section('providers').map(([id]) => [id, null]))
  const hasProviders = 'providers' in sections
  return {
    ...(hasProviders && { providers: { ...named, ...providers.parse(valid(providers, 'providers')) } }),
    models: models.parse(valid(models, 'models')),
    routes: routes.parse(valid(routes, 'routes')),
    commands: commands.parse(valid(commands, 'commands')),
  }
}

/** Where a path's key stands in the text; of a path that is not there, its nearest parent's. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  const { isMap, isNode, isScalar } = loadYaml()
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const key = path[length - 1]
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0]
    }
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return null
}

/** Loaded with the first file, because most processes have none. */
function loadYaml(): typeof import('yaml') {
  return require('yaml')
}
