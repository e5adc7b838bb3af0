import type { Denial } from '../core/commands.ts'
import { tryCharset } from './charset.ts'
import type { ParameterConfig } from './command-config.ts'
import { checkPath, deny } from './safe-path.ts'

/** A value that passed: the text for its slot (`null`: the flag is off), and for a path what it names in the workspace. */
export interface CheckedValue {
  readonly ok: true
  readonly text: string | null
  readonly relative?: string
}

/** A parameter ready for use: everything that can be computed from its declaration has been. */
export interface Parameter {
  readonly name: string
  readonly config: ParameterConfig
  /** Checks a JSON value. Rules: `type`, `range`, `choice`, `length`, `charset`, `not_unicode`, and those of `checkPath`. */
  readonly check: (value: unknown) => CheckedValue | Denial
}

/**
 * Prepares a parameter.
 *
 * @param root the workspace, for `path` parameters; absolute
 * @returns the parameter, or what is wrong with its declaration
 */
export function compileParameter(name: string, config: ParameterConfig, root: string): Parameter | string[] {
  const problems = declarationProblems(config)
  if (problems.length > 0) return problems
  const parameter: Parameter = { name, config, check: checkOf(name, config, root) }
  if (config.default === undefined) return parameter
  const verdict = parameter.check(config.default)
  return verdict.ok ? parameter : [`default ${verdict.message}`]
}

function declarationProblems(config: ParameterConfig): string[] {
  const problems: string[] = []
  if ((config.type === 'int' || config.type === 'string') && config.min > config.max) problems.push('min is above max')
  if (config.type === 'string' && tryCharset(config.charset) === null) {
    problems.push('charset must be word, name, ref, ascii, text, or a bracket of ASCII characters such as [a-f0-9]')
  }
  if (config.type === 'enum' && config.values.some((value) => value.startsWith('-') || !isVisible(value))) {
    problems.push('values must be visible text that does not start with `-`')
  }
  if (config.type === 'bool' && (!config.flag.startsWith('-') || !isVisible(config.flag) || /^-+$/.test(config.flag))) {
    problems.push('flag must be an option such as --stat')
  }
  if (config.type !== 'bool' && config.optional && config.default !== undefined) {
    problems.push('optional and default exclude each other')
  }
  return problems
}

function isVisible(text: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\x20]*$/u.test(text)
}

function checkOf(name: string, config: ParameterConfig, root: string): Parameter['check'] {
  switch (config.type) {
    case 'int':
      return (value) => checkInt(name, value, config.min, config.max)
    case 'enum': {
      const choices = new Set(config.values)
      return (value) => {
        if (typeof value !== 'string') return deny(name, 'type', 'must be a string')
        return choices.has(value) ? { ok: true, text: value } : deny(name, 'choice', 'must be one of the listed values')
      }
    }
    case 'bool':
      return (value) => {
        if (typeof value !== 'boolean') return deny(name, 'type', 'must be true or false')
        return { ok: true, text: value ? config.flag : null }
      }
    case 'string':
      return stringCheck(name, config)
    case 'path':
      return (value) => {
        const verdict = checkPath(value, root, name)
        // `./` keeps a name from being read as an option, an assignment or a pathspec.
        return verdict.ok
          ? { ok: true, text: verdict.relative === '' ? '.' : `./${verdict.relative}`, relative: verdict.relative }
          : verdict
      }
  }
}

function checkInt(name: string, value: unknown, min: number, max: number): CheckedValue | Denial {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return deny(name, 'type', 'must be a whole number')
  if (value < min || value > max) return deny(name, 'range', `must be from ${min} to ${max}`)
  return { ok: true, text: String(value) }
}

function stringCheck(
  name: string,
  config: Extract<ParameterConfig, { type: 'string' }>,
): (value: unknown) => CheckedValue | Denial {
  const alphabet = new RegExp(`^[${tryCharset(config.charset)}]*$`, 'u')
  return (value) => {
    if (typeof value !== 'string') return deny(name, 'type', 'must be a string')
    if (value.length > config.max * 2) return deny(name, 'length', lengthMessage(config))
    if (!value.isWellFormed()) return deny(name, 'not_unicode', 'must be well-formed Unicode')
    const length = codePoints(value)
    if (length < config.min || length > config.max) return deny(name, 'length', lengthMessage(config))
    return alphabet.test(value)
      ? { ok: true, text: value }
      : deny(name, 'charset', `must consist of characters of charset ${config.charset}`)
  }
}

function lengthMessage(config: { readonly min: number; readonly max: number }): string {
  return `must have from ${config.min} to ${config.max} characters`
}

function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--
  return count
}
