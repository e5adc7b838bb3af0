import { sleep } from '../core/clock.ts'
import { ProxyError } from '../core/errors.ts'
import { MODEL_LIST_BYTES_MAX } from '../core/limits.ts'
import type { Secret } from '../core/secret.ts'
import { type Provider, targetUrl } from '../core/target.ts'
import type { DiscoveredModels } from '../routing/discovered.ts'
import { type ModelInfo, readModelList } from '../routing/model-list.ts'
import { setCredential } from './headers.ts'
import type { Discovery, PipelineDeps } from './ports.ts'
import { readWhole } from './read-answer.ts'
import { send } from './send.ts'

/** What asking a provider takes. */
export type DiscoveryDoor = Pick<PipelineDeps, 'transport' | 'signers' | 'scheduler'>

export interface DiscoveryOptions extends DiscoveryDoor {
  /** As they are configured at the moment. */
  providers(): readonly Provider[]
  readonly discovered: DiscoveredModels
  /** Between two rounds, in ms; 0 never asks. */
  readonly intervalMs: number
  onFault(provider: Provider, error: unknown): void
}

/** How long a provider may take to list its models. */
const ANSWER_MS = 10_000

/** Clients wait three seconds for a list of models. */
const PATIENCE_MS = 2_000

export const NO_DISCOVERY: Discovery = {
  refresh: async () => undefined,
  ready: async () => undefined,
  close: () => undefined,
}

/** Starts the first round at once, and every other `intervalMs` later. */
export function openDiscovery(options: DiscoveryOptions): Discovery {
  const { providers, discovered, intervalMs, scheduler, onFault } = options
  if (intervalMs === 0) return NO_DISCOVERY
  const asking = new Map<Provider, Promise<void>>()
  const learn = async (provider: Provider): Promise<void> => {
    try {
      const models = await fetchModels(options, provider)
      // Another configuration may have it elsewhere by now.
      if (providers().includes(provider)) discovered.learn(provider.id, models)
    } catch (thrown) {
      onFault(provider, thrown)
    } finally {
      asking.delete(provider)
    }
  }
  const ask = (provider: Provider): Promise<void> => {
    const asked = asking.get(provider) ?? learn(provider)
    asking.set(provider, asked)
    return asked
  }
  const refresh = async (): Promise<void> => {
    await Promise.all(providers().filter(hasList).map(ask))
  }
  const first = Promise.race([refresh(), sleep(scheduler, PATIENCE_MS)])
  const cancel = scheduler.every(intervalMs, () => void refresh())
  return { refresh, ready: () => first, close: cancel }
}

/** A provider that is asked with the clients' own credentials cannot be asked without one. */
function hasList({ paths, credential }: Provider): boolean {
  return paths.models !== null && credential !== 'client'
}

/**
 * One provider's list, asked for with its first key.
 *
 * @throws ProxyError what went wrong, with the status where there was one
 */
export async function fetchModels(deps: DiscoveryDoor, provider: Provider): Promise<readonly ModelInfo[]> {
  const abort = new AbortController()
  const cancel = deps.scheduler.after(ANSWER_MS, () =>
    abort.abort(new ProxyError('upstream_timeout', 'the provider did not list its models in time')),
  )
  try {
    const key = provider.keys[0] ?? null
    const response = await send(deps, provider, key, {
      method: 'GET',
      url: listUrl(provider),
      headers: listHeaders(provider, key),
      body: null,
      abort,
    })
    if (response.status !== 200) {
      response.cancel()
      throw new ProxyError(
        'upstream_malformed',
        `the provider answered ${response.status} to the question for its models`,
      )
    }
    return parseList(await readWhole(deps, response, MODEL_LIST_BYTES_MAX))
  } finally {
    cancel()
  }
}

/** Anthropic's list comes in pages, of which the longest holds a thousand. */
function listUrl(provider: Provider): string {
  const url = targetUrl({ provider, model: '' }, provider.paths.models ?? '')
  return provider.dialect === 'anthropic' ? `${url}${url.includes('?') ? '&' : '?'}limit=1000` : url
}

function listHeaders(provider: Provider, key: Secret | null): Record<string, string> {
  const headers: Record<string, string> = {
    ...provider.headers,
    accept: 'application/json',
    'accept-encoding': 'identity',
  }
  if (key !== null) setCredential(headers, provider, key)
  return headers
}

function parseList(bytes: Uint8Array): readonly ModelInfo[] {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw new ProxyError('upstream_malformed', 'the provider listed its models in broken JSON', { cause })
  }
  const models = readModelList(json)
  if (models === null) throw new ProxyError('upstream_malformed', 'the provider answered with no list of models')
  return models
}
