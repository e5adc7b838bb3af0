import type { Envelope } from '../../core/dialect.ts'

/** The output limit under every name that the client gave it; the newer name where it gave none. */
export function limitOutput({ json }: Envelope, tokens: number): Readonly<Record<string, unknown>> {
  const names = ['max_tokens', 'max_completion_tokens'].filter((name) => typeof json[name] === 'number')
  return Object.fromEntries((names.length === 0 ? ['max_completion_tokens'] : names).map((name) => [name, tokens]))
}
