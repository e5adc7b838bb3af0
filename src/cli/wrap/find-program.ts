import { accessSync, constants, statSync } from 'node:fs'
import { isSystemError, systemProblem } from '../../core/system-error.ts'
import { nearNames } from '../../routing/near-names.ts'
import { WRAPPED_CLIENTS, type WrappedClient } from './clients.ts'

/** As shells have it for a program that is not there. */
export const NOT_FOUND = 127

/** As shells have it for one that cannot be run. */
export const NOT_RUNNABLE = 126

/** A program that can be started, or what to say and the exit code. */
export type FoundProgram = { readonly program: string } | { readonly wrong: string; readonly code: number }

/** Looks for the client where a shell would. */
export function findProgram({ id, title, program, install }: WrappedClient, path: string): FoundProgram {
  const found = program === '' ? null : Bun.which(program, { PATH: path })
  if (found !== null) return { program: found }
  if (program.includes('/')) return notRunnable(program)
  const name = title === program ? title : `${title} (${program})`
  const isKnown = WRAPPED_CLIENTS.some((client) => client.id === id)
  const [near] = isKnown ? [] : nearNames(program, CLIENT_IDS)
  const hint = near === undefined ? `to have it: ${install}` : `did you mean ${near}?`
  return { wrong: `${name === '' ? 'a program without a name' : name} is not in PATH; ${hint}`, code: NOT_FOUND }
}

const CLIENT_IDS = WRAPPED_CLIENTS.map(({ id }) => id)

/** A path was written, and nothing there can be run. */
function notRunnable(path: string): FoundProgram {
  try {
    if (statSync(path).isDirectory()) return { wrong: `${path} is a folder`, code: NOT_RUNNABLE }
    accessSync(path, constants.X_OK)
    return { wrong: `${path} is no program`, code: NOT_RUNNABLE }
  } catch (thrown) {
    const code = isSystemError(thrown) ? thrown.code : null
    if (code === 'EACCES') return { wrong: `${path} may not be executed; chmod +x ${path}`, code: NOT_RUNNABLE }
    return { wrong: `${path}: ${systemProblem(thrown)}`, code: NOT_FOUND }
  }
}

/** What the kernel means by refusing a file that may be executed. @throws whatever else it was */
export function startProblem(thrown: unknown, program: string): string {
  const code = isSystemError(thrown) ? thrown.code : null
  switch (code) {
    case 'ENOEXEC':
      return `${program} is no program of this machine; a script begins with a line such as #!/bin/sh`
    case 'ENOENT':
      return `${program} is a script for a program that is not there; its first line names it`
    case 'EACCES':
    case 'E2BIG':
    case 'ETXTBSY':
      return `${program} cannot be started: ${systemProblem(thrown)}`
    default:
      throw thrown
  }
}
