import type { Denial } from '../core/commands.ts'
import { ECHO_CHARS_MAX } from '../core/limits.ts'
import type { CommandTemplate } from './command-template.ts'
import type { CheckedValue } from './parameter.ts'
import { deny } from './safe-path.ts'

/** A path value that the file system's half of the guard must see before the run. */
export interface BoundPath {
  readonly parameter: string
  readonly relative: string
  readonly kind: 'any' | 'file' | 'directory' | 'new'
}

export interface BoundCommand {
  readonly ok: true
  /** Program and arguments, each exactly one argument for the program. No shell reads them. */
  readonly argv: readonly string[]
  readonly paths: readonly BoundPath[]
}

/**
 * Fills a template. Every value lands in the slot made for it: the program, the flags and the number of arguments are the
 * template's own, less the elements whose optional value or flag is absent.
 *
 * Rules of denial: `unknown`, `required`, `option_like`, and those of the parameter's type.
 *
 * @param values JSON values by parameter name; own properties only
 */
export function bindCommand(
  template: CommandTemplate,
  values: Readonly<Record<string, unknown>>,
): BoundCommand | Denial {
  for (const name of Object.keys(values)) {
    if (!template.positions.has(name)) return deny(echo(name), 'unknown', 'is not a parameter of this command')
  }
  const texts: (string | null)[] = []
  const paths: BoundPath[] = []
  for (const { name, config, check } of template.parameters) {
    const given = Object.hasOwn(values, name) ? values[name] : undefined
    const value = given === undefined ? config.default : given
    if (value === undefined) {
      if (config.type !== 'bool' && !config.optional) return deny(name, 'required', 'is required')
      texts.push(null)
      continue
    }
    const checked: CheckedValue | Denial = check(value)
    if (!checked.ok) return checked
    texts.push(checked.text)
    if (config.type === 'path' && checked.relative !== undefined) {
      paths.push({ parameter: name, relative: checked.relative, kind: config.kind })
    }
  }
  return fill(template, texts, paths)
}

function fill(
  template: CommandTemplate,
  texts: readonly (string | null)[],
  paths: readonly BoundPath[],
): BoundCommand | Denial {
  const argv: string[] = []
  for (const element of template.argv) {
    if (element.kind === 'literal') {
      argv.push(element.text)
      continue
    }
    const text = join(element.slots, texts)
    if (text === null) continue
    if (element.refusesDash && text.startsWith('-')) {
      const parameter = template.parameters[Number(element.slots[0])]
      if (parameter?.config.type !== 'bool') {
        return deny(parameter?.name ?? null, 'option_like', 'must not start with `-`: it would be read as an option')
      }
    }
    argv.push(text)
  }
  return { ok: true, argv, paths }
}

/** The element's text, or `null` if a value it needs is absent. */
function join(slots: readonly (string | number)[], texts: readonly (string | null)[]): string | null {
  let joined = ''
  for (const slot of slots) {
    const text = typeof slot === 'string' ? slot : (texts[slot] ?? null)
    if (text === null) return null
    joined += text
  }
  return joined
}

/** A caller's text made harmless for a message: cut, and plain ASCII. */
function echo(text: string): string {
  return text.slice(0, ECHO_CHARS_MAX).replace(/[^\x20-\x7e]/g, '?')
}
