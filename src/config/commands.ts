import { type CommandTemplate, compileCommands } from '../policy/command-template.ts'
import { protectedPathsOf } from '../policy/workspace-root.ts'
import { dataFolder, type Environment, homeFolder } from './environment.ts'
import type { ConfigFile } from './find-config-file.ts'
import type { ConfigIssue } from './issue.ts'

/** The file's `commands`, checked and prepared; what is wrong with them goes to `issues`. */
export function configuredCommands(
  file: ConfigFile,
  environment: Environment,
  issues: ConfigIssue[],
): ReadonlyMap<string, CommandTemplate> {
  const compiled = compileCommands(
    file.config.commands ?? {},
    protectedPathsOf(homeFolder(environment), dataFolder(environment), environment.DOCKER_HOST),
  )
  if (compiled.ok) return compiled.templates
  for (const { path, message } of compiled.problems) {
    issues.push({ place: file.place(['commands', ...path.split('.').map(toKey)]), message })
  }
  return new Map()
}

function toKey(step: string): string | number {
  return /^\d+$/.test(step) ? Number(step) : step
}
