import { type Command, InvalidArgumentError, Option } from 'commander'
import { tryMoment } from '../../core/moment.ts'
import { OUTPUT_FORMATS } from '../commands/table.ts'

/**
 * What stands between commas, spaces and empty places left out.
 *
 * @throws InvalidArgumentError where nothing does: a list that a script left empty would mean "all", not "none"
 */
export function commaList(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
  if (items.length === 0) throw new InvalidArgumentError('must name something, or be left out')
  return items
}

/** @throws InvalidArgumentError for anything but digits, and for more than is counted exactly */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be a whole number')
  if (!Number.isSafeInteger(Number(text))) throw new InvalidArgumentError('is too large')
  return Number(text)
}

/** A TCP port; 0 takes a free one. @throws InvalidArgumentError */
export function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port > 65_535) throw new InvalidArgumentError('must be a whole number from 0 to 65535')
  return port
}

/** As a budget of the file has it. */
const DOLLARS_MAX = 1e9

/** An amount of dollars, cents and less included. @throws InvalidArgumentError */
export function dollars(text: string): number {
  if (!/^\d+(\.\d{1,6})?$/.test(text))
    throw new InvalidArgumentError('must be an amount of dollars, such as 20 or 0.50')
  if (Number(text) > DOLLARS_MAX) throw new InvalidArgumentError(`must be at most ${DOLLARS_MAX}`)
  return Number(text)
}

/** A moment in Unix ms, UTC unless it names a zone. @throws InvalidArgumentError */
export function date(text: string): number {
  const wallMs = tryMoment(text)
  if (wallMs === null) throw new InvalidArgumentError('must be a date, such as 2026-11-22')
  return wallMs
}

/** Gives a command that prints rows `--format` and, for short, `--json`. */
export function withFormat(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'how to print it').choices([...OUTPUT_FORMATS]).default('table'))
    .addOption(new Option('--json', 'short for --format json').implies({ format: 'json' }))
}
