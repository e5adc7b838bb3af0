import type { Profile } from './profile.ts'

/** Why a real provider would refuse a request. */
export interface Refusal {
  readonly status: number
  readonly message?: string
}

/** Judges a request as the provider behind its path would; null if it would answer. */
export function refusalOf(profile: Profile, headers: Headers, json: Readonly<Record<string, unknown>>): Refusal | null {
  if (!hasCredential(headers)) return { status: 401 }
  if (profile.flavor === 'anthropic' && !headers.has('anthropic-version')) {
    return { status: 400, message: 'anthropic-version: header is required' }
  }
  if (profile.operation === 'inference' && !Array.isArray(json.messages)) {
    return { status: 400, message: 'messages: Field required' }
  }
  return null
}

function hasCredential(headers: Headers): boolean {
  return (
    ['x-api-key', 'api-key'].some((name) => headers.get(name)) || /^Bearer \S/.test(headers.get('authorization') ?? '')
  )
}
