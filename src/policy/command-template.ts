import { type AccessList, compileAccessList, patternProblem } from '../core/access-list.ts'
import type { JsonSchema } from '../core/commands.ts'
import { isParameterName, literalOf, type Piece, parseElement } from './argv-element.ts'
import { type ArgvPlace, argvPlaces } from './argv-places.ts'
import { argvProblems } from './argv-rules.ts'
import type { CommandConfig, CommandLimits } from './command-config.ts'
import { compileParameter, type Parameter } from './parameter.ts'
import { toolSchema } from './tool-schema.ts'
import { type ProtectedPaths, workspaceRootProblem } from './workspace-root.ts'

/** What is wrong with a configuration, and where: `path` is dotted, `read.argv.3`. */
export interface ConfigProblem {
  readonly path: string
  readonly message: string
}

/**
 * One argv element, ready to bind. `slots` hold indices of `CommandTemplate.parameters` (numbers) and literal text.
 * `refusesDash`: it stands before `--` and begins with a value, which therefore must not look like an option.
 */
export type ArgvElement =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'slots'; readonly slots: readonly (string | number)[]; readonly refusesDash: boolean }

/** A command that has passed every check that does not need values. */
export interface CommandTemplate {
  readonly name: string
  readonly description: string
  readonly image: string | null
  readonly argv: readonly ArgvElement[]
  readonly parameters: readonly Parameter[]
  /** Position in `parameters` by name. */
  readonly positions: ReadonlyMap<string, number>
  readonly workspace: { readonly root: string; readonly mode: 'read' | 'write' } | null
  readonly limits: CommandLimits
  readonly mayCall: AccessList
  readonly inputSchema: JsonSchema
}

export type CompiledCommands =
  | { readonly ok: true; readonly templates: ReadonlyMap<string, CommandTemplate> }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/**
 * Checks the meaning of the `commands:` section and prepares it. All problems are reported at once.
 *
 * @param commands as `commandsSchema` parsed it
 */
export function compileCommands(
  commands: Readonly<Record<string, CommandConfig>>,
  protectedPaths: ProtectedPaths,
): CompiledCommands {
  const problems: ConfigProblem[] = []
  const templates = new Map<string, CommandTemplate>()
  for (const [name, config] of Object.entries(commands)) {
    const report = (path: string, message: string): void => {
      problems.push({ path: path === '' ? name : `${name}.${path}`, message })
    }
    const before = problems.length
    const template = compileCommand(name, config, protectedPaths, report)
    if (problems.length === before) templates.set(name, template)
  }
  return problems.length === 0 ? { ok: true, templates } : { ok: false, problems }
}

type Report = (path: string, message: string) => void

function compileCommand(
  name: string,
  config: CommandConfig,
  protectedPaths: ProtectedPaths,
  report: Report,
): CommandTemplate {
  if (!/^[a-z][a-z0-9_-]{0,63}$/.test(name)) report('', 'name must be lower case letters, digits, - and _')
  config.callers.forEach((pattern, i) => {
    const problem = patternProblem(pattern)
    if (problem !== null) report(`callers.${i}`, problem)
  })
  if (config.workspace !== undefined) {
    const problem = workspaceRootProblem(config.workspace.root, protectedPaths)
    if (problem !== null) report('workspace.root', problem)
  }
  const parameters = compileParameters(config, report)
  const { elements, places } = parseArgv(config, report)
  const positions = new Map(parameters.map((parameter, i) => [parameter.name, i]))
  return {
    name,
    description: config.description,
    image: config.image ?? null,
    argv: compileArgv(elements, places, positions),
    parameters,
    positions,
    workspace: config.workspace ?? null,
    limits: config.limits,
    mayCall: compileAccessList({ allow: config.callers }),
    inputSchema: toolSchema(parameters),
  }
}

function compileParameters(config: CommandConfig, report: Report): Parameter[] {
  const compiled: Parameter[] = []
  for (const [name, parameter] of Object.entries(config.parameters)) {
    const at = `parameters.${name}`
    if (!isParameterName(name)) report(at, 'name must be lower case letters, digits and _, starting with a letter')
    if (parameter.type === 'path') {
      if (config.workspace === undefined) report(at, 'a path needs a workspace')
      else if (parameter.mode === 'write' && config.workspace.mode !== 'write') {
        report(`${at}.mode`, 'a writable path needs workspace.mode write')
      } else if (parameter.kind === 'new' && parameter.mode !== 'write') {
        report(`${at}.kind`, 'a new path needs mode write')
      }
    }
    const result = compileParameter(name, parameter, config.workspace?.root ?? '/')
    if (Array.isArray(result)) for (const message of result) report(at, message)
    else compiled.push(result)
  }
  return compiled
}

interface ParsedArgv {
  readonly elements: readonly (readonly Piece[])[]
  /** What each of them means. */
  readonly places: readonly ArgvPlace[]
}

function parseArgv(config: CommandConfig, report: Report): ParsedArgv {
  const elements: (readonly Piece[])[] = []
  const used = new Set<string>()
  for (const [i, source] of config.argv.entries()) {
    const parsed = parseElement(source)
    if (!parsed.ok) {
      report(`argv.${i}`, parsed.message)
      continue
    }
    elements.push(parsed.pieces)
    for (const piece of parsed.pieces) {
      if (piece.kind !== 'slot') continue
      used.add(piece.name)
      if (!Object.hasOwn(config.parameters, piece.name)) report(`argv.${i}`, `{${piece.name}} is not in parameters`)
    }
  }
  if (elements.length < config.argv.length) return { elements: [], places: [] }
  const places = argvPlaces(elements, config.parameters)
  for (const { index, message } of argvProblems(elements, config.parameters, places)) report(`argv.${index}`, message)
  for (const name of Object.keys(config.parameters)) {
    if (!used.has(name)) report(`parameters.${name}`, 'is not used in argv')
  }
  return { elements, places }
}

function compileArgv(
  elements: readonly (readonly Piece[])[],
  places: readonly ArgvPlace[],
  positions: ReadonlyMap<string, number>,
): readonly ArgvElement[] {
  return elements.map((pieces, i) => {
    const literal = literalOf(pieces)
    if (literal !== null) return { kind: 'literal', text: literal }
    return {
      kind: 'slots',
      slots: pieces.map((piece) => (piece.kind === 'text' ? piece.text : (positions.get(piece.name) ?? -1))),
      refusesDash: pieces[0]?.kind === 'slot' && places[i]?.isEnded !== true,
    }
  })
}
