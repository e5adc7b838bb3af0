import { stringify } from 'yaml'
import { readEnvironment } from '../config/environment.ts'
import { configJsonSchema } from '../config/explain-issue.ts'
import { formatIssues } from '../config/issue.ts'
import { loadSettings, type Settings } from '../config/load.ts'
import { isSecret, type PlainSettings, settingsSchema } from '../config/settings.ts'
import { REDACTED } from '../core/secret.ts'
import type { Target } from '../core/target.ts'

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
export function configCheck(file: string | undefined): number {
  const loaded = loadSettings(readEnvironment(), ...(file === undefined ? [] : [file]))
  if ('issues' in loaded) {
    process.stderr.write(formatIssues(loaded.issues))
    return 2
  }
  const { configFile, providers, defaultProvider } = loaded.settings
  const where = configFile === null ? 'the environment (no file)' : configFile
  const lane = defaultProvider === null ? 'the embedded simulator' : defaultProvider.id
  process.stdout.write(`${where} is right: ${providers.length} providers, everything unclaimed goes to ${lane}\n`)
  return 0
}

/** `lynkr config print`: the settings in force, defaults included, credentials shown as `[redacted]`. */
export function configPrint(file: string | undefined): number {
  const loaded = loadSettings(readEnvironment(), ...(file === undefined ? [] : [file]))
  if ('issues' in loaded) {
    process.stderr.write(formatIssues(loaded.issues))
    return 2
  }
  process.stdout.write(stringify(printable(loaded.settings)))
  return 0
}

function redactSecrets(plain: Partial<PlainSettings>): Partial<Record<keyof PlainSettings, string>> {
  const secrets = settingsSchema.keyof().options.filter((key) => isSecret(key) && plain[key])
  return Object.fromEntries(secrets.map((key) => [key, REDACTED]))
}

function printable({
  providers,
  defaultProvider,
  aliases,
  routes,
  commands,
  apiKeys,
  prices,
  ...plain
}: Settings): unknown {
  const place = ({ provider, model }: Target): string => `${provider.id}/${model}`
  const weighed = ({ provider, model, weight }: Target) =>
    weight === undefined ? `${provider.id}/${model}` : { provider: provider.id, model, weight }
  const list = providers.map(({ id, keys, ...provider }) => [id, { ...provider, keys: keys.map(String) }] as const)
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
