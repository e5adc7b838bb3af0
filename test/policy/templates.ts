import { bindCommand } from '../../src/policy/bind-command.ts'
import { type CommandConfig, commandSchema } from '../../src/policy/command-config.ts'
import { type CommandTemplate, compileCommands } from '../../src/policy/command-template.ts'

export const PROTECTED = {
  homeFolder: '/root',
  dataFolder: '/var/lib/lynkr',
  engineSockets: ['/opt/engine/docker.sock'],
}

/** A command as an operator writes it; what a test does not care about is filled in. */
export function command(config: Record<string, unknown>): CommandConfig {
  return commandSchema.parse({ description: 'a command', callers: ['*'], ...config })
}

export function template(config: Record<string, unknown>): CommandTemplate {
  const compiled = compileCommands({ it: command(config) }, PROTECTED)
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems))
  const found = compiled.templates.get('it')
  if (found === undefined) throw new Error('no template')
  return found
}

/** `path: message` of every problem of a command named `it`. */
export function problems(config: Record<string, unknown>): string[] {
  const compiled = compileCommands({ it: command(config) }, PROTECTED)
  return compiled.ok ? [] : compiled.problems.map(({ path, message }) => `${path}: ${message}`)
}

export function bind(config: Record<string, unknown>, values: Record<string, unknown>): readonly string[] | string {
  const bound = bindCommand(template(config), values)
  return bound.ok ? bound.argv : `${bound.parameter}: ${bound.rule}`
}
