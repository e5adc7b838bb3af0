import { existsSync, readFileSync } from 'node:fs'
import { tryObject } from '../core/json.ts'
import { systemProblem } from '../core/system-error.ts'
import { tryJson } from '../core/try-json.ts'
import type { Environment } from './environment.ts'
import { IN_QUOTES, isQuoted } from './quoted.ts'

/** A key, or what is wrong with the place where it should be. */
export type FoundKey = { readonly key: string } | { readonly place: string; readonly wrong: string }

/** True for `accessKeyId:secretAccessKey[:sessionToken]`, and not for a bearer key. */
export function isAwsKey(text: string): boolean {
  return /^A[A-Z]{3}[A-Z0-9]{12,}:[^:]+(:.+)?$/.test(text)
}

/**
 * The AWS credential of this environment: the customary variables, else the profile of the credentials file, read once.
 *
 * @returns `accessKeyId:secretAccessKey[:sessionToken]`; `null` if there is none
 */
export function awsKey(environment: Environment): FoundKey | null {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token, AWS_PROFILE } = environment
  const own = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token }
  if (id !== undefined && secret !== undefined && AWS_PROFILE === undefined) return joined(own)
  const path = environment.AWS_SHARED_CREDENTIALS_FILE ?? homeFile(environment, '.aws/credentials')
  if (path !== null && existsSync(path)) {
    const profile = AWS_PROFILE ?? 'default'
    const text = readKeyFile(path, 'AWS_SHARED_CREDENTIALS_FILE')
    if ('wrong' in text) return text
    const members = iniSection(text.key, profile)
    const { aws_access_key_id, aws_secret_access_key, aws_session_token } = members
    if (aws_access_key_id !== undefined && aws_secret_access_key !== undefined) {
      return joined({ aws_access_key_id, aws_secret_access_key, aws_session_token })
    }
    if (AWS_PROFILE !== undefined && id === undefined) {
      return { place: 'AWS_PROFILE', wrong: `${path} has no access key for the profile ${JSON.stringify(profile)}` }
    }
  }
  return id === undefined || secret === undefined ? null : joined(own)
}

/** @param parts by the names of their places */
function joined(parts: Readonly<Record<string, string | undefined>>): FoundKey {
  const set = Object.entries(parts).flatMap(([place, part]) =>
    part === undefined ? [] : [{ place, part: part.trim() }],
  )
  const quoted = set.find(({ part }) => isQuoted(part))
  if (quoted !== undefined) return { place: quoted.place, wrong: IN_QUOTES }
  return { key: set.map(({ part }) => part).join(':') }
}

/** The members of one section of an INI file. */
function iniSection(text: string, section: string): Readonly<Record<string, string | undefined>> {
  const members: Record<string, string> = {}
  let isInside = false
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim()
    if (/^[#;]/.test(line)) continue
    const head = /^\[\s*(.+?)\s*\]$/.exec(line)
    if (head !== null) isInside = head[1] === section
    else if (isInside && line.includes('=')) {
      const at = line.indexOf('=')
      members[line.slice(0, at).trim()] = line.slice(at + 1).trim()
    }
  }
  return members
}

/** True for the text of a key file. */
export function isGoogleKey(text: string): boolean {
  return text.trimStart().startsWith('{')
}

/**
 * The text of the Google key file of this environment: the one that GOOGLE_APPLICATION_CREDENTIALS names, else what
 * `gcloud auth application-default login` leaves. Read once.
 */
export function googleKey(environment: Environment): FoundKey | null {
  const named = environment.GOOGLE_APPLICATION_CREDENTIALS
  const path = named ?? homeFile(environment, '.config/gcloud/application_default_credentials.json')
  if (path === null || (named === undefined && !existsSync(path))) return null
  const place = 'GOOGLE_APPLICATION_CREDENTIALS'
  if (isGoogleKey(path)) return { place, wrong: 'must name the file of a key, and holds a key itself' }
  if (!existsSync(path)) return { place, wrong: `${path} does not exist` }
  const text = readKeyFile(path, place)
  if ('wrong' in text) return text
  const wrong = wrongIn(text.key)
  return wrong === null ? text : { place, wrong: `${path} ${wrong}` }
}

/** The whole text of a file, or that it cannot be read: a reload must not end what serves. */
function readKeyFile(path: string, place: string): FoundKey {
  try {
    return { key: readFileSync(path, 'utf8') }
  } catch (thrown) {
    return { place, wrong: `${path} cannot be read: ${systemProblem(thrown)}` }
  }
}

/** Of the types of key files that are known. */
const MEMBERS_NEEDED: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['service_account', ['client_email', 'private_key']],
  ['authorized_user', ['client_id', 'client_secret', 'refresh_token']],
])

/** What is wrong with a key file, `null` if nothing: better told at the start than by the first request. */
function wrongIn(text: string): string | null {
  const json = tryObject(tryJson(text))
  if (json === null) return 'is not JSON'
  const needs = MEMBERS_NEEDED.get(json.type)
  if (needs === undefined)
    return `is of type ${JSON.stringify(json.type)}; known are ${[...MEMBERS_NEEDED.keys()].join(' and ')}`
  const missing = needs.filter((name) => typeof json[name] !== 'string')
  return missing.length === 0 ? null : `has no ${missing.join(', no ')}`
}

function homeFile({ HOME }: Environment, path: string): string | null {
  return HOME === undefined ? null : `${HOME}/${path}`
}
