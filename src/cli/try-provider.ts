import type { Upstream } from '../core/dialect.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import { ERROR_BODY_BYTES_MAX, RESPONSE_BYTES_MAX } from '../core/limits.ts'
import type { ChatRequest } from '../core/request.ts'
import { redactText } from '../core/secret.ts'
import { chatPath, type Target, targetUrl } from '../core/target.ts'
import { totalTokens } from '../core/usage.ts'
import type { DiscoveryDoor } from '../pipeline/discovery.ts'
import { isFailure } from '../pipeline/failed-answer.ts'
import { setCredential } from '../pipeline/headers.ts'
import { isJson, readUpTo, readWhole } from '../pipeline/read-answer.ts'
import { send } from '../pipeline/send.ts'

/** What became of one small question. */
export type Trial =
  | { readonly isGood: true; readonly model: string; readonly text: string; readonly tokens: number }
  | { readonly isGood: false; readonly kind: string; readonly status: number | null; readonly message: string }

const ANSWER_MS = 60_000
/** Little, and enough for a model that thinks before it says a word. */
const OUTPUT_TOKENS = 64
const TEXT_CHARS_MAX = 80

/**
 * Asks a provider's model for one word, with the first key, by the very encoder and signer that requests go by.
 * It costs a few tokens. Never throws.
 */
export async function tryProvider(door: DiscoveryDoor, upstream: Upstream, target: Target): Promise<Trial> {
  const abort = new AbortController()
  const cancel = door.scheduler.after(ANSWER_MS, () =>
    abort.abort(new ProxyError('upstream_timeout', `no answer within ${ANSWER_MS / 1_000} s`)),
  )
  try {
    return await ask(door, upstream, target, abort)
  } catch (thrown) {
    const { kind, message, detail } = toProxyError(thrown)
    return { isGood: false, kind, status: detail.upstream?.status ?? null, message: redactText(message) }
  } finally {
    cancel()
  }
}

async function ask(door: DiscoveryDoor, upstream: Upstream, target: Target, abort: AbortController): Promise<Trial> {
  const { provider, model } = target
  const key = provider.keys[0] ?? null
  const profile = { model, quirks: provider.quirks }
  const request = questionFor(model)
  const { json } = upstream.encodeRequest(request, profile)
  const sent: Record<string, string> = { ...provider.headers, ...JSON_HEADERS }
  if (key !== null) setCredential(sent, provider, key)
  const response = await send(door, provider, key, {
    method: 'POST',
    url: targetUrl(target, chatPath(provider.paths, false)),
    headers: sent,
    body: JSON.stringify(json),
    abort,
  })
  const { status, headers } = response
  if (isFailure(response)) {
    const { bytes: body } = await readUpTo(door, response, ERROR_BODY_BYTES_MAX)
    throw upstream.decodeError({ status, headers, body })
  }
  if (!isJson(headers)) {
    response.cancel()
    throw new ProxyError('upstream_malformed', 'it answered with something that is not JSON')
  }
  const text = new TextDecoder().decode(await readWhole(door, response, RESPONSE_BYTES_MAX))
  const answer = upstream.decodeResponse(JSON.parse(text), { request, profile })
  const said = answer.blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('')
  return {
    isGood: true,
    model: answer.model,
    text: said.trim().slice(0, TEXT_CHARS_MAX),
    tokens: totalTokens(answer.usage),
  }
}

const JSON_HEADERS = { accept: 'application/json', 'accept-encoding': 'identity', 'content-type': 'application/json' }

function questionFor(model: string): ChatRequest {
  return {
    model,
    stream: false,
    system: [],
    turns: [{ role: 'user', blocks: [{ type: 'text', text: 'Answer with the one word: ready' }] }],
    tools: [],
    toolChoice: { type: 'unset' },
    parallelToolCalls: true,
    maxOutputTokens: OUTPUT_TOKENS,
    stopSequences: [],
    sampling: {},
    reasoning: { type: 'unset' },
    format: { type: 'text' },
    wantsStreamUsage: false,
  }
}
