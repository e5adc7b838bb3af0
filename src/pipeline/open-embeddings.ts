import { ProxyError } from '../core/errors.ts'
import { extrasOf } from '../core/extras.ts'
import { tryObject } from '../core/json.ts'
import { RESPONSE_BYTES_MAX } from '../core/limits.ts'
import { targetUrl } from '../core/target.ts'
import { tryJson } from '../core/try-json.ts'
import { NO_USAGE, tokenCount, type Usage } from '../core/usage.ts'
import { decodeStreamError } from '../dialect/openai-chat/decode-error.ts'
import { toldCost } from '../dialect/told-cost.ts'
import type { Attempt } from './attempt.ts'
import { clientHeaders } from './client-headers.ts'
import { spliceMembers } from './edit-body.ts'
import { decodeFailure, isFailure } from './failed-answer.ts'
import type { Outbound } from './ports.ts'
import { readWhole } from './read-answer.ts'
import { sendToTarget } from './send-to-target.ts'
import { estimateLeft, tryTold } from './usage-estimate.ts'
import { withQuery } from './with-query.ts'

/**
 * One attempt at embeddings, as `openTarget` makes one at a chat: nothing of the body changes but the model's name. An
 * answer without a list of them is none, and what it says is thrown.
 */
export async function openEmbeddings(attempt: Attempt): Promise<Outbound> {
  const { deps, exchange, target, permit, abort } = attempt
  const { provider, model } = target
  const { key, own } = permit
  exchange.attempting(target, 'passthrough', [], permit.credential)
  permit.sending()
  const { bytes, envelope } = attempt.body
  const body = model === envelope.model ? bytes : spliceMembers(bytes, { model })
  const url = withQuery(targetUrl(target, provider.paths.embeddings ?? ''), exchange.inbound, provider)
  const response = await sendToTarget(deps, exchange, target, { url, body, strips: [], key, own, abort })
  if (isFailure(response)) throw await decodeFailure(attempt, response)
  const answer = await readWhole(deps, response, RESPONSE_BYTES_MAX)
  const told = readAnswer(answer)
  const headers = clientHeaders(response.headers, exchange.ownsAccount)
  headers.set('content-type', response.headers.get('content-type') ?? 'application/json')
  permit.settle(null)
  // No part of an answer is made of tokens, so that the request is all there is to be charged for.
  const usage = told ?? estimateLeft(null, 0, exchange.requestBytes)
  return exchange.answer(
    { status: response.status, headers, body: answer },
    { usage, isUsageEstimated: told === null, model: null, repairs: 0 },
  )
}

/** What the embeddings used, `null` where nobody says. Throws `upstream_malformed`, or the error that stands there. */
function readAnswer(body: Uint8Array): Usage | null {
  const { data, error, usage } = Object(tryJson(body))
  if (Array.isArray(data)) return tryTold(readUsage(usage))
  if (error) throw decodeStreamError({ error })
  throw new ProxyError('upstream_malformed', 'the upstream answered with something that is no list of embeddings')
}

function readUsage(told: unknown): Usage | null {
  const usage = tryObject(told)
  if (usage?.prompt_tokens === undefined) return null
  const toldMicroUsd = toldCost(usage)
  return { ...NO_USAGE, inputTokens: tokenCount(usage.prompt_tokens), ...extrasOf({ toldMicroUsd }) }
}
