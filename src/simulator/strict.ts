import type { Profile } from './profile.ts'
import { Refused } from './refused.ts'
import { checkMessages } from './strict-anthropic.ts'
import { checkChat } from './strict-chat.ts'
import { checkResponses } from './strict-responses.ts'

/** Why a real provider would refuse a request. */
export interface Refusal {
  readonly status: number
  /** Absent: the vendor's usual text for the status. */
  readonly message?: string
}

/** Judges a request as the provider behind its path would; null if it would answer. Any credential will do. */
export function refusalOf(profile: Profile, headers: Headers, json: Readonly<Record<string, unknown>>): Refusal | null {
  if (!hasCredential(headers)) return { status: 401 }
  try {
    if (profile.flavor === 'anthropic') checkMessages(profile, headers, json)
    else if (profile.flavor === 'responses') checkResponses(profile, json)
    else if (profile.operation === 'inference') checkChat(profile, json)
    return null
  } catch (error) {
    if (error instanceof Refused) return { status: 400, message: error.message }
    throw error
  }
}

function hasCredential(headers: Headers): boolean {
  const isBearer = /^Bearer \S/.test(headers.get('authorization') ?? '')
  return isBearer || ['x-api-key', 'api-key'].some((name) => (headers.get(name) ?? '') !== '')
}
