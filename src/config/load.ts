import { LISTED_KEY_CHARS_MIN } from '../auth/key-format.ts'
import type { ConfiguredKey } from '../auth/key-ring.ts'
import { toBudgetRules, toLimitRules, toModelPrices } from '../budget/configured-rules.ts'
import type { LimitRule } from '../budget/limit-rule.ts'
import type { ModelPrices } from '../budget/prices.ts'
import type { BudgetRule } from '../budget/rule.ts'
import { Secret } from '../core/secret.ts'
import type { Provider } from '../core/target.ts'
import type { CommandTemplate } from '../policy/command-template.ts'
import type { Routes } from '../routing/router.ts'
import { isOwnAddress } from './base-url.ts'
import { configuredCommands } from './commands.ts'
import { dataFolder, type Environment } from './environment.ts'
import { filePrint } from './file-print.ts'
import { type ConfigFile, findConfigFile, NO_FILE } from './find-config-file.ts'
import { type ConfigIssue, fromTopToBottom } from './issue.ts'
import { configuredKeys } from './keys.ts'
import { configuredProviders } from './providers.ts'
import { IN_QUOTES, isQuoted } from './quoted.ts'
import { readSettings } from './read-settings.ts'
import { configuredRoutes } from './routes.ts'
import { type PlainSettings, SETTING_KEYS } from './settings.ts'

/** Everything that is configured, checked. */
export interface Settings extends PlainSettings {
  readonly dataDir: string
  /** The file that was read, or `null`. */
  readonly configFile: string | null
  /** What it said, keys included. */
  readonly configText: Secret | null
  /** What the file was when it was read: a watcher that begins later sees by it what has changed meanwhile. */
  readonly configPrint: string | null
  /** In the order of preference; empty if nothing is configured. */
  readonly providers: readonly Provider[]
  /** Where a model goes that nothing else claims; `null` if nothing is configured. */
  readonly defaultProvider: Provider | null
  readonly aliases: Routes['aliases']
  readonly routes: Routes['routes']
  readonly keys: readonly ConfiguredKey[]
  readonly budgets: readonly BudgetRule[]
  readonly limits: readonly LimitRule[]
  /** By `provider/model`, model or pattern. */
  readonly prices: ReadonlyMap<string, ModelPrices>
  /** What a model of unknown price is assumed to cost. */
  readonly priceCeiling: ModelPrices | null
  /** What agents may run, by name. */
  readonly commands: ReadonlyMap<string, CommandTemplate>
}

export type LoadedSettings = { readonly settings: Settings } | { readonly issues: readonly ConfigIssue[] }

/**
 * Reads the whole configuration, environment over file over defaults, or everything that is wrong with it.
 *
 * @param given what the file says, where that was read before
 */
export function loadSettings(
  environment: Environment,
  configFile = findConfigFile(environment),
  given: string | null = null,
): LoadedSettings {
  const issues: ConfigIssue[] = []
  const configPrint = configFile === null ? null : filePrint(configFile)
  const configText = configFile === null ? null : (given ?? loadReader().tryReadConfig(configFile, issues))
  const isRead = configFile !== null && configText !== null
  const file = isRead ? loadReader().parseConfig(configText, configFile, issues) : NO_FILE
  const plain = readSettings(SETTING_KEYS, { environment, file: file.config, issues })
  const chosen = environment.MODEL_PROVIDER ?? file.config.modelProvider
  const providers = configuredProviders(file, environment, chosen, issues)
  const routes = configuredRoutes(file, providers, issues)
  const commands = configuredCommands(file, environment, issues)
  const defaultProvider = providers.find((provider) => provider.id === chosen) ?? providers[0] ?? null
  const apiKeys = plain?.apiKeys ?? []
  const keys = configuredKeys({ file, environment, providers, routes, defaultProvider, commands, apiKeys, issues })
  checkBudgetedKeys(file, keys, issues)
  if (environment.LYNKR_DATA_DIR?.startsWith('~')) {
    issues.push({ place: 'LYNKR_DATA_DIR', message: 'only a shell knows what ~ is; write the whole path' })
  }
  if (plain !== null) checkTogether(plain, providers, keys, issues)
  if (plain === null || issues.length > 0) return { issues: fromTopToBottom(issues, configFile) }
  const base = {
    ...plain,
    dataDir: dataFolder(environment),
    configFile,
    configText: configText === null ? null : new Secret(configText),
    configPrint,
    providers,
    defaultProvider,
    ...routes,
    keys,
    commands,
  }
  return { settings: { ...base, ...configuredMoney(file) } }
}

/** Where lynkr listens, also where all else in the configuration is wrong: a lynkr that was started before still serves. */
export function loadAddress(
  environment: Environment,
): { readonly address: Pick<Settings, 'host' | 'port'> } | { readonly issues: readonly ConfigIssue[] } {
  const path = findConfigFile(environment)
  const written = path === null ? {} : loadReader().writtenAddress(path)
  const address = readSettings(['host', 'port'], { environment, file: written, issues: [] })
  if (address !== null) return { address }
  const loaded = loadSettings(environment)
  return { issues: 'issues' in loaded ? loaded.issues : [] }
}

/** Loaded where there is a file: to build the schema of the whole file takes longer than all else of a start. */
function loadReader(): typeof import('./config-file.ts') {
  return require('./config-file.ts')
}

/** The file's `budgets`, `limits` and `prices`. */
function configuredMoney({ config }: ConfigFile): Pick<Settings, 'budgets' | 'limits' | 'prices' | 'priceCeiling'> {
  const { models = {}, ceiling } = config.prices ?? {}
  return {
    budgets: toBudgetRules(config.budgets ?? []),
    limits: toLimitRules(config.limits ?? []),
    prices: new Map(Object.entries(models).map(([name, price]) => [name, toModelPrices(price)])),
    priceCeiling: ceiling === undefined ? null : toModelPrices({ ...ceiling, tiers: [] }),
  }
}

/** A budget or limit of a key that cannot exist would never hold anybody back. Keys of the store begin with `key_`. */
function checkBudgetedKeys(file: ConfigFile, keys: readonly ConfiguredKey[], issues: ConfigIssue[]): void {
  for (const section of ['budgets', 'limits'] as const) {
    for (const [i, { scope, match }] of (file.config[section] ?? []).entries()) {
      const isKnown = match === '*' || /^(key|static)_/.test(match) || keys.some(({ id }) => id === match)
      if (scope !== 'key' || isKnown) continue
      const place = file.place([section, i, 'match'])
      issues.push({ place, message: `${section}[${i}] is for the key ${match}, which "keys" does not list` })
    }
  }
}

/** What would be wrong with checked settings where lynkr listens at another address than theirs. */
export function issuesAt(settings: Settings, address: Pick<Settings, 'host' | 'port'>): readonly ConfigIssue[] {
  const issues: ConfigIssue[] = []
  checkTogether({ ...settings, ...address }, settings.providers, settings.keys, issues)
  return issues
}

/** Rules over more than one setting. */
function checkTogether(
  plain: PlainSettings,
  providers: readonly Provider[],
  keys: readonly ConfiguredKey[],
  issues: ConfigIssue[],
): void {
  const isOpen = plain.apiKeys.length === 0 && keys.length === 0 && !plain.requireKeys
  if (!isLoopback(plain.host) && isOpen && !plain.allowUnauthenticated) {
    issues.push({
      place: 'HOST',
      message: `${plain.host} can be reached by others; set LYNKR_API_KEYS or LYNKR_REQUIRE_KEYS=true, or LYNKR_ALLOW_UNAUTHENTICATED=true if that is meant`,
    })
  }
  if (!isLoopback(plain.host) && providers.length === 0) {
    issues.push({
      place: 'MODEL_PROVIDER',
      message: 'no provider is configured; set the key of one, such as ANTHROPIC_API_KEY',
    })
  }
  if (plain.adminKey !== undefined && plain.adminKey.length < LISTED_KEY_CHARS_MIN) {
    issues.push({ place: 'LYNKR_ADMIN_KEY', message: `needs at least ${LISTED_KEY_CHARS_MIN} characters` })
  }
  if (plain.adminKey !== undefined && plain.apiKeys.includes(plain.adminKey)) {
    issues.push({ place: 'LYNKR_ADMIN_KEY', message: 'must be none of the keys of clients' })
  }
  if (plain.apiKeys.some((key) => key.length < LISTED_KEY_CHARS_MIN)) {
    issues.push({ place: 'LYNKR_API_KEYS', message: `each key needs at least ${LISTED_KEY_CHARS_MIN} characters` })
  }
  if (plain.apiKeys.some(isQuoted)) issues.push({ place: 'LYNKR_API_KEYS', message: IN_QUOTES })
  for (const provider of providers) {
    if (isOwnAddress(provider.baseUrl, plain.host, plain.port)) {
      issues.push({
        place: provider.id,
        message: `${provider.baseUrl} is this lynkr itself; one of them needs another port`,
      })
    }
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}
