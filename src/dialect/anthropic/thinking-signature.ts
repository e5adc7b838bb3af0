import { textOf } from '../../core/json.ts'
import { seal } from '../../core/sealed.ts'

/**
 * What stands for the signature of thinking that has none: servers of other dialects sign nothing. Clients hand it back,
 * and so it is told from Claude's own thinking where a conversation passes through to Anthropic, which would refuse it.
 */
export const UNSIGNED = seal('unsigned', [])

/** The signature of a block off the wire; `''` for none, however that is said. */
export function decodeSignature(value: unknown): string {
  const signature = textOf(value)
  return signature === UNSIGNED ? '' : signature
}

/** The signature of a whole block, as clients get it. */
export function encodeSignature(signature: string): string {
  return signature === '' ? UNSIGNED : signature
}
