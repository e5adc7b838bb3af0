import type { Json } from '../core/json.ts'

/** Thrown by the strictness checks; the message is the provider's. */
export class Refused extends Error {}

export function refuse(message: string): never {
  throw new Refused(message)
}

/** Refuses the first member that is not on the list, in the wording of Anthropic's validator. */
export function checkFields(at: string, value: Json, allowed: ReadonlySet<string>): void {
  for (const field of Object.keys(value)) {
    if (!allowed.has(field)) refuse(`${at === '' ? '' : `${at}.`}${field}: Extra inputs are not permitted`)
  }
}

export function fields(names: string): ReadonlySet<string> {
  return new Set(names.split(' '))
}
