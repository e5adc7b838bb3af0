import { stringify } from 'yaml'
import { readEnvironment } from '../config/environment.ts'
import { configJsonSchema } from '../config/explain-issue.ts'
import { type LoadedSettings, loadSettings, type Settings } from '../config/load.ts'
import { type PlainSettings, SECRET_KEYS } from '../config/settings.ts'
import { REDACTED } from '../core/secret.ts'
import type { Provider, Target } from '../core/target.ts'
import { configurationPage } from './configuration-page.ts'
import { trySettings } from './try-settings.ts'

/** `lynkr config schema`: JSON Schema of `lynkr.yaml`, for editors. */
export function configSchema(): number {
  process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
  return 0
}

/**
 * `lynkr config check [file]`: everything that is wrong, or what lynkr would do.
 *
 * @returns 0 if it is right, 2 if not
 */
export function configCheck(file: string | undefined, { json: isJson }: { readonly json: boolean }): number {
  if (isJson) return printReport(loadSettings(readEnvironment(), file))
  const settings = trySettings(readEnvironment(), file)
  if (settings === null) return 2
  const { configFile, providers, defaultProvider } = settings
  const where = configFile === null ? 'the environment (no file)' : configFile
  const lane = defaultProvider === null ? 'the embedded simulator' : defaultProvider.id
  const count = `${providers.length} ${providers.length === 1 ? 'provider' : 'providers'}`
  process.stdout.write(`${where} is right: ${count}, everything unclaimed goes to ${lane}\n`)
  return 0
}

function printReport(loaded: LoadedSettings): number {
  const isRight = 'settings' in loaded
  const report = isRight
    ? {
        ok: true,
        file: loaded.settings.configFile,
        providers: loaded.settings.providers.map(({ id }) => id),
        defaultProvider: loaded.settings.defaultProvider?.id ?? null,
        issues: [],
      }
    : { ok: false, issues: loaded.issues }
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return isRight ? 0 : 2
}

/** `lynkr config docs`: the reference of every setting, in Markdown, for the version at hand. */
export function configDocs(): number {
  process.stdout.write(`${configurationPage()}\n`)
  return 0
}

/** `lynkr config print`: the settings in force, defaults included, credentials shown as `[redacted]`. */
export function configPrint(file: string | undefined, { json: isJson }: { readonly json: boolean }): number {
  const settings = trySettings(readEnvironment(), file)
  if (settings === null) return 2
  const shown = printable(settings)
  process.stdout.write(isJson ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown))
  return 0
}

function redactSecrets(plain: Partial<PlainSettings>): Partial<Record<keyof PlainSettings, string>> {
  return Object.fromEntries(SECRET_KEYS.filter((key) => plain[key]).map((key) => [key, REDACTED]))
}

/** Without its name, which it stands under, and without a secret; its other forms likewise. */
function showProvider({ id: _, keys, headers, forms, ...provider }: Provider): object {
  const others = forms?.map((form) => ({ ...form, provider: showProvider(form.provider) }))
  return {
    ...provider,
    ...(others !== undefined && { forms: others }),
    keys: keys.map(String),
    headers: redactHeaders(headers),
  }
}

/** Gateways in front of a provider take their credentials in headers of their own. */
function redactHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers)
  return Object.fromEntries(entries.map(([name, value]) => [name, CREDENTIAL.test(name) ? REDACTED : value]))
}

const CREDENTIAL = /auth|key|token|secret|password|cookie|jwt/i

function printable({
  providers,
  defaultProvider,
  aliases,
  routes,
  commands,
  apiKeys,
  prices,
  configText: _,
  ...plain
}: Settings): unknown {
  const place = ({ provider, model }: Target): string => `${provider.id}/${model}`
  const weighed = ({ provider, model, weight }: Target) =>
    weight === undefined ? `${provider.id}/${model}` : { provider: provider.id, model, weight }
  const list = providers.map((provider) => [provider.id, showProvider(provider)] as const)
  return {
    ...plain,
    prices: Object.fromEntries(prices),
    ...redactSecrets(plain),
    apiKeys: apiKeys.map(() => REDACTED),
    defaultProvider: defaultProvider?.id ?? null,
    providers: Object.fromEntries(list),
    models: Object.fromEntries(Object.entries(aliases).map(([name, target]) => [name, place(target)])),
    commands: Object.fromEntries(
      [...commands].map(([name, { description, image, workspace, limits }]) => [
        name,
        { description, image, workspace, limits },
      ]),
    ),
    routes: Object.fromEntries(Object.entries(routes).map(([name, targets]) => [name, targets.map(weighed)])),
  }
}
