import { parseConfig } from '../../config/config-file.ts'
import type { Environment } from '../../config/environment.ts'
import { configuredProviders } from '../../config/providers.ts'
import { systemClock } from '../../core/clock.ts'
import { probeProvider } from '../probe-provider.ts'
import { type DraftProvider, renderDraft } from './draft.ts'

/** Names of models that answer no chat. */
const OTHER_KINDS = /embed|rerank|whisper|tts|transcribe|dall-e|image|audio|realtime|moderation|sora|ocr/i

/** The models a provider lists that may answer a chat; empty if it does not say. Sends no prompt. */
export async function listedModels(draft: DraftProvider, environment: Environment): Promise<readonly string[]> {
  const text = renderDraft({ port: 0, providers: [draft], usdPerDay: null })
  const [provider] = configuredProviders(parseConfig(text, 'draft', []), environment, draft.id, [])
  if (provider === undefined) return []
  const probe = await probeProvider(provider, systemClock)
  return probe.kind === 'answered' ? probe.models.filter((model) => !OTHER_KINDS.test(model)) : []
}
