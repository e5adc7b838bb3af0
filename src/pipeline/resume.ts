import { ProxyError } from '../core/errors.ts'
import { ECHO_CHARS_MAX } from '../core/limits.ts'
import { shortHash } from '../core/short-hash.ts'
import { inThisFormOnly, type Target } from '../core/target.ts'
import type { Conversation } from './conversations.ts'
import { withMembers } from './edit-body.ts'
import type { Exchange } from './exchange.ts'
import { shownCredential } from './own-credential.ts'
import type { PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'
import { subjectOf } from './reserve.ts'
import { isPaid } from './spending.ts'

export interface Resumed {
  readonly body: RequestBody
  readonly targets: readonly Target[]
}

/**
 * Resumes a conversation from an earlier answer: what went before is written into the request, or, where a provider keeps
 * it, the request goes to that provider and by the same key. An answer of somebody else is as unknown as one that never
 * was.
 *
 * @throws ProxyError `invalid_request` with the code on which clients send the whole conversation
 */
export function resume(deps: PipelineDeps, exchange: Exchange, body: RequestBody, targets: readonly Target[]): Resumed {
  const { surface, connection } = exchange.inbound
  const { chaining } = surface
  if (chaining === undefined) return { body, targets }
  if (isBudgeted(deps, exchange, targets)) refuseKeptElsewhere(chaining.keptElsewhere(body.envelope))
  const previousId = chaining.previousId(body.envelope)
  if (previousId === null) return { body, targets }
  const before = find(deps, exchange, previousId)
  // What the vendor keeps for one form is not known to the other, which would answer all the same.
  const native = targets.filter(({ provider }) => provider.dialect === surface.id).map(inThisFormOnly)
  if (before === null) {
    // Without keys there is one owner, whose provider may know what lynkr has forgotten: how much, no budget could tell.
    const isOwn = exchange.principal.keyId === null && connection === undefined
    if (isOwn && native.length > 0 && !isBudgeted(deps, exchange, native)) return { body, targets: native }
    throw unknownAnswer(previousId)
  }
  if (before.items === null) {
    const home = native.filter(({ provider }) => provider.id === before.providerId)
    const [first] = home
    if (first === undefined) throw unknownAnswer(previousId)
    exchange.startWith(before.credential, first.provider)
    return { body: { ...body, tokensBefore: before.tokens }, targets: home }
  }
  const members = chaining.withBefore(body.envelope, before.items)
  const resumed = withMembers(body, members)
  exchange.asked(resumed.envelope, resumed.bytes.byteLength)
  return { body: resumed, targets }
}

/** A budget sets aside what the request's own length tells, so that nothing may stand in it by name alone. */
function refuseKeptElsewhere(path: string | null): void {
  if (path === null) return
  const wrong = 'how long it is only the provider that keeps it knows, and a budget is in force; send what it says'
  throw new ProxyError('invalid_request', `${path}: ${wrong}`, { detail: { path } })
}

/** Whether a budget counts the request. */
export function isBudgeted({ spending }: PipelineDeps, exchange: Exchange, targets: readonly Target[]): boolean {
  return isPaid(exchange.inbound.label) && spending.gate.countsSpending(subjectOf(exchange, targets))
}

function find({ conversations, clock }: PipelineDeps, exchange: Exchange, id: string): Conversation | null {
  const { connection } = exchange.inbound
  const nowMs = clock.nowMs()
  const here = connection === undefined ? null : conversations.find(connection, id, nowMs)
  return here ?? conversations.find(ownerOf(exchange), id, nowMs)
}

/** Whose conversations these are: the lynkr key's; without keys, those of whoever shows the same credential. */
export function ownerOf({ principal, inbound: { headers } }: Exchange): string {
  if (principal.keyId !== null) return `key:${principal.keyId}`
  return `shown:${shortHash(shownCredential(headers))}`
}

function unknownAnswer(id: string): ProxyError {
  const shown = JSON.stringify(id.slice(0, ECHO_CHARS_MAX))
  return new ProxyError('invalid_request', `Previous response with id ${shown} not found; send the whole input`, {
    detail: { path: 'previous_response_id', code: 'previous_response_not_found' },
  })
}
