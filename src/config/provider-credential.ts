import { Secret } from '../core/secret.ts'
import type { AuthScheme, CredentialOwner } from '../core/target.ts'
import { awsKey, type FoundKey, googleKey, isAwsKey, isGoogleKey } from './cloud-key.ts'
import type { Parameters } from './provider-address.ts'
import { firstSet, keyNames, type Source } from './provider-source.ts'
import { IN_QUOTES, isQuoted } from './quoted.ts'

/** How requests show whose they are, and the keys for it. */
export interface ReadCredential {
  readonly auth: AuthScheme
  readonly keys: readonly Secret[]
}

/**
 * A provider's credential: its key, else a token that goes as bearer, else what signs requests.
 * `null`, and an issue, where it needs one and there is none.
 */
export function readCredential(
  source: Source,
  owner: CredentialOwner | null,
  parameters: Parameters,
): ReadCredential | null {
  const { row, entry, environment, issues, place } = source
  const complain = (where: string, message: string): null => {
    issues.push({ place: where, message })
    return null
  }
  if (owner === 'client') {
    if (entry.key !== undefined || entry.keyEnv !== undefined) {
      complain(place('key', []), 'is not used with "credential: client"; "either" uses both')
    }
    return { auth: row.auth, keys: [] }
  }
  const names = entry.keyEnv === undefined ? keyNames(row) : [entry.keyEnv]
  // Secrets that are mounted or piped in from a file often end with its line.
  const text = (entry.key ?? firstSet(environment, names)?.value)?.trim()
  const signing = signingKey(source, text)
  if (signing !== null) {
    if ('wrong' in signing) return complain(signing.place, signing.wrong)
    return { auth: signingAuth(source, parameters), keys: [new Secret(signing.key)] }
  }
  if (!/^[\x20-\x7e]*$/.test(text ?? '')) {
    return complain(place('key', names), 'the key has characters that no key has; was an example pasted?')
  }
  if (isQuoted(text ?? '')) return complain(place('key', names), IN_QUOTES)
  const keys = splitKeys(text ?? '')
  if (keys.length > 0) return { auth: row.auth, keys }
  const shown = firstSet(environment, row.bearerNames ?? [])
  if (shown !== null && isQuoted(shown.value.trim())) return complain(shown.name, IN_QUOTES)
  const bearer = splitKeys(shown?.value ?? '')
  if (bearer.length > 0) return { auth: 'bearer', keys: bearer }
  if (!row.needsKey) return { auth: row.auth, keys }
  const all = [...names, ...(row.bearerNames ?? [])].join(' or ')
  const others = row.signing === undefined ? '' : `, or ${SIGNING_HELP[row.signing.type]}`
  return complain(place('key', names), `${row.title} needs a key; set ${all}${others}`)
}

const SIGNING_HELP = {
  'aws-sigv4': 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
  google: 'GOOGLE_APPLICATION_CREDENTIALS',
} as const

/** What signs requests to this provider, where its row knows signing and no plain key comes first. */
function signingKey({ row, environment }: Source, text: string | undefined): FoundKey | null {
  if (row.signing === undefined) return null
  const isAws = row.signing.type === 'aws-sigv4'
  if (text !== undefined) return (isAws ? isAwsKey(text) : isGoogleKey(text)) ? { key: text } : null
  if (firstSet(environment, row.bearerNames ?? []) !== null) return null
  return isAws ? awsKey(environment) : googleKey(environment)
}

function signingAuth({ row: { auth, signing } }: Source, { region = '' }: Parameters): AuthScheme {
  if (signing === undefined) return auth
  return signing.type === 'aws-sigv4' ? { ...signing, region } : signing
}

/** Several keys may stand in one value, with commas between: they are used in turn. */
function splitKeys(text: string): Secret[] {
  return text.split(',').flatMap((key) => (key.trim() === '' ? [] : [new Secret(key.trim())]))
}
