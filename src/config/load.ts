import type { Provider } from '../core/target.ts'
import { isOwnAddress } from './base-url.ts'
import { dataFolder, type Environment } from './environment.ts'
import type { ConfigIssue } from './issue.ts'
import { providersFromEnvironment } from './providers.ts'
import { environmentName, type PlainSettings, settingsSchema } from './settings.ts'

/** Everything that is configured, checked. */
export interface Settings extends PlainSettings {
  readonly dataDir: string
  /** In the order of the provider table; empty if nothing is configured. */
  readonly providers: readonly Provider[]
  /** Where a model goes that nothing else claims; `null` if nothing is configured. */
  readonly defaultProvider: Provider | null
}

export type LoadedSettings = { readonly settings: Settings } | { readonly issues: readonly ConfigIssue[] }

/** Reads the whole configuration, or everything that is wrong with it. */
export function loadSettings(environment: Environment): LoadedSettings {
  const issues: ConfigIssue[] = []
  const plain = readPlain(environment, issues)
  const providers = providersFromEnvironment(environment, environment.MODEL_PROVIDER, issues)
  if (plain !== null) checkTogether(plain, providers, issues)
  if (plain === null || issues.length > 0) return { issues }
  const defaultProvider = providers.find((provider) => provider.id === plain.modelProvider) ?? providers[0] ?? null
  return { settings: { ...plain, dataDir: dataFolder(environment), providers, defaultProvider } }
}

function readPlain(environment: Environment, issues: ConfigIssue[]): PlainSettings | null {
  const input: Record<string, string> = {}
  for (const key of settingsSchema.keyof().options) {
    const value = environment[environmentName(key)]
    if (value !== undefined) input[key] = value
  }
  const result = settingsSchema.safeParse(input)
  if (result.success) return result.data
  for (const issue of result.error.issues) {
    const key = settingsSchema.keyof().safeParse(issue.path[0])
    issues.push({ place: key.success ? environmentName(key.data) : 'environment', message: issue.message })
  }
  return null
}

/** Rules over more than one setting. */
function checkTogether(plain: PlainSettings, providers: readonly Provider[], issues: ConfigIssue[]): void {
  const isOpen = plain.apiKeys.length === 0
  if (!isLoopback(plain.host) && isOpen && !plain.allowUnauthenticated) {
    issues.push({
      place: 'HOST',
      message: `${plain.host} can be reached by others; set LYNKR_API_KEYS, or LYNKR_ALLOW_UNAUTHENTICATED=true if that is meant`,
    })
  }
  if (!isLoopback(plain.host) && providers.length === 0) {
    issues.push({
      place: 'MODEL_PROVIDER',
      message: 'no provider is configured; set the key of one, such as ANTHROPIC_API_KEY',
    })
  }
  if (plain.apiKeys.some((key) => key.length < API_KEY_CHARS_MIN)) {
    issues.push({ place: 'LYNKR_API_KEYS', message: `each key needs at least ${API_KEY_CHARS_MIN} characters` })
  }
  for (const provider of providers) {
    if (isOwnAddress(provider.baseUrl, plain.host, plain.port)) {
      issues.push({ place: provider.id, message: `${provider.baseUrl} is this lynkr itself` })
    }
  }
}

/** 22 characters of base 64 hold 132 bits. */
const API_KEY_CHARS_MIN = 22

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}
