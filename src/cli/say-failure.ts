import { systemErrorLine } from '../core/system-error.ts'

/**
 * Says at the terminal what the operating system refused a command.
 *
 * @throws whatever else it was: a mistake of ours, whose stack is worth more than a sentence
 */
export function sayFailure(thrown: unknown): void {
  const line = systemErrorLine(thrown)
  if (line === null) throw thrown
  process.stderr.write(`lynkr: ${line}\n`)
}
