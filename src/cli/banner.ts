import type { Provider } from '../core/target.ts'
import { VERSION } from './version.ts'

/** What a person at the terminal sees first: where lynkr is, what stands behind it, and the line to paste. */
export function banner(state: { url: string; provider: Provider | null; needsKey: boolean }): string {
  const token = state.needsKey ? 'YOUR_LYNKR_KEY' : 'lynkr'
  const paste = `ANTHROPIC_BASE_URL=${state.url} ANTHROPIC_AUTH_TOKEN=${token} claude`
  const upstream =
    state.provider === null
      ? `  !  No provider is configured. Every answer comes from the embedded SIMULATOR, not from a model.
  !  Set a key, such as ANTHROPIC_API_KEY, and start again to reach one.`
      : `  upstream  ${state.provider.id}, ${state.provider.baseUrl}`
  return `
lynkr ${VERSION} listens on ${state.url}
${upstream}

  Claude Code:  ${paste}

`
}
