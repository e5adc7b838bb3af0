import { isAwsKey, isGoogleKey } from '../config/cloud-key.ts'
import type { Environment } from '../config/environment.ts'
import type { Settings } from '../config/load.ts'
import { SECRET_KEYS } from '../config/settings.ts'
import { tryDecodeComponent } from '../core/decode-component.ts'
import { tryJson } from '../core/try-json.ts'
import { sha256 } from '../store/sha256.ts'

/** A password or a header's value that is shorter is a word that ordinary text has. */
const EMBEDDED_CHARS_MIN = 16

/** Every text of this configuration that no command's output may show: keys of clients and providers, and what opens the stores. */
export function hiddenValues(settings: Settings, environment: Environment): readonly string[] {
  const secrets = SECRET_KEYS.flatMap((key) => settings[key] ?? [])
  const texts = secrets.filter((value) => typeof value === 'string')
  return [...new Set([...texts, ...texts.flatMap(embedded), ...clientKeys(settings, environment), ...keysOf(settings)])]
}

/** What stands inside an address or a list of headers: the password, the values. */
function embedded(text: string): readonly string[] {
  const password = URL.parse(text)?.password ?? ''
  const values = text.split(',').map((header) => header.slice(header.indexOf('=') + 1).trim())
  return [password, tryDecodeComponent(password) ?? '', ...values].filter((value) => value.length >= EMBEDDED_CHARS_MIN)
}

/** Of the file's `keys` lynkr keeps hashes; those that a variable holds are found by them. */
function clientKeys({ keys }: Settings, environment: Environment): readonly string[] {
  const hashes = new Set(keys.map(({ hash }) => hash))
  const values = Object.values(environment).flatMap((value) => value?.trim() ?? [])
  return hashes.size === 0 ? [] : values.filter((value) => hashes.has(sha256(value)))
}

function keysOf({ providers }: Settings): readonly string[] {
  const forms = providers.flatMap((provider) => provider.forms?.map((form) => form.provider) ?? [])
  return [...providers, ...forms].flatMap(({ keys }) => keys.flatMap((key) => partsOf(key.reveal())))
}

/** A cloud's key is several texts in one, and stands elsewhere in other company. */
function partsOf(key: string): readonly string[] {
  if (isAwsKey(key)) {
    const [, secret = '', ...token] = key.split(':')
    return [secret, token.join(':')]
  }
  return isGoogleKey(key) ? googleParts(key) : [key]
}

/** The lines of the private key, which stand in the file with `\n` between them; or what a user's login is made of. */
function googleParts(key: string): readonly string[] {
  const file = tryJson(key)
  const parts = ['private_key', 'client_secret', 'refresh_token'].flatMap((name) => {
    const value: unknown = Reflect.get(Object(file), name)
    return typeof value === 'string' ? value.split('\n').filter((line) => !/^-----|^$/.test(line)) : []
  })
  return parts.length === 0 ? [key] : parts
}
