import { isatty } from 'node:tty'
import type { Environment } from '../config/environment.ts'

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

/** Gives a text a look of its own, or leaves it as it is. */
export type Style = (look: keyof typeof SGR, text: string) => string

/**
 * Colours on a terminal only, and not for those who said no.
 *
 * @param descriptor what is written to: 1 stdout, 2 stderr
 * @see no-color.org; a terminal without abilities calls itself `dumb`
 */
export function styleFor(descriptor: 1 | 2, environment: Environment): Style {
  const isWanted = isatty(descriptor) && environment.NO_COLOR === undefined && environment.TERM !== 'dumb'
  return isWanted ? (look, text) => `\x1b[${SGR[look]}m${text}\x1b[0m` : (_look, text) => text
}
