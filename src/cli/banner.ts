import type { Settings } from '../config/load.ts'
import { VERSION } from './version.ts'

/** What decides where a model goes that nothing else claims. */
type Lane = Pick<Settings, 'providers' | 'defaultProvider' | 'modelProvider'>

/** What a person at the terminal sees first: where lynkr is, what stands behind it and why, and the line to paste. */
export function banner({ url, settings, needsKey }: { url: string; settings: Lane; needsKey: boolean }): string {
  const { defaultProvider: provider } = settings
  const token = needsKey ? 'YOUR_LYNKR_KEY' : 'lynkr'
  // Who listens everywhere is reached by an address of its own.
  const reached = url.replace(/\/\/(0\.0\.0\.0|\[::\])(?=:|$)/, '//127.0.0.1')
  const paste = `ANTHROPIC_BASE_URL=${reached} ANTHROPIC_AUTH_TOKEN=${token} claude`
  const upstream =
    provider === null
      ? `  !  No provider is configured. Every answer comes from the embedded SIMULATOR, not from a model.
  !  Set a key, such as ANTHROPIC_API_KEY, and start again to reach one.`
      : `  upstream  ${provider.id}, ${provider.baseUrl}
            ${laneReason(settings)}`
  return `
lynkr ${VERSION} listens on ${url}
${upstream}

  Claude Code:  ${paste}

`
}

/** Why the default provider is the one it is. */
export function laneReason({ providers, defaultProvider, modelProvider }: Lane): string {
  const names = (list: Lane['providers']): string => list.map(({ id }) => id).join(', ')
  const others = providers.filter(({ id }) => id !== defaultProvider?.id)
  if (modelProvider !== undefined) {
    return `which MODEL_PROVIDER names${others.length > 0 ? `; beside it ${names(others)}` : ''}`
  }
  if (others.length === 0) return 'the only provider that is configured'
  return `the first of ${names(providers)}; MODEL_PROVIDER takes another`
}
