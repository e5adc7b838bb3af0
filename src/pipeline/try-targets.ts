import { sleep } from '../core/clock.ts'
import { ProxyError, toProxyError } from '../core/errors.ts'
import type { Target } from '../core/target.ts'
import { deadlineMs } from '../resilience/deadline.ts'
import type { Attempt } from './attempt.ts'
import type { Exchange } from './exchange.ts'
import { notBegun } from './not-begun.ts'
import { type AttemptPermit, askPermit } from './permit.ts'
import type { Outbound, PipelineDeps } from './ports.ts'
import type { RequestBody } from './request-body.ts'
import type { Reserved } from './reserve.ts'
import { TargetWalk } from './target-walk.ts'

/**
 * Tries the targets, each with its keys, until one answers, within the attempts, the retry budget and the deadline. The
 * answer that is returned has committed to nothing yet; from then on nothing is tried again.
 *
 * @param open makes one attempt: what it throws is thrown before a byte went to the client
 * @throws ProxyError what the last attempt ended in, or why none could be made
 */
export async function tryTargets(
  deps: PipelineDeps,
  exchange: Exchange,
  { body, targets }: Reserved,
  open: Open,
): Promise<Outbound> {
  const { inbound } = exchange
  const deadline = deadlineOf(deps, exchange)
  const walk = new TargetWalk(deps, exchange, targets, deadline.atMs)
  for (;;) {
    const { target, refused, start, own } = walk
    const permit = askPermit(deps, { target, refused, start, own, requestClass: exchange.requestClass })
    const failure =
      permit instanceof ProxyError ? permit : await tryOnce({ deps, exchange, body, target, permit, deadline, open })
    if (!(failure instanceof ProxyError)) {
      if (walk.missingForm !== null) deps.forms.missing(walk.missingForm, deps.clock.wallMs())
      return failure
    }
    if (!(permit instanceof ProxyError)) exchange.attemptFailed(failure)
    // Only before it is sent a request is found wrong: this target cannot be told it, which another may be.
    const isUnasked = permit instanceof ProxyError || failure.kind === 'invalid_request'
    const step = isUnasked ? walk.refusedHere(failure) : walk.failed(failure, permit.credential)
    if (step.type === 'answer') {
      exchange.concluded(step.shouldRetry)
      throw step.error
    }
    await sleep(deps.scheduler, step.delayMs, inbound.signal)
  }
}

type Open = (attempt: Attempt) => Promise<Outbound>

interface Deadline {
  readonly atMs: number
  /** The client gives the upstream less time than we would; running out of it is no sign that the upstream is ill. */
  readonly isClientHasty: boolean
}

function deadlineOf(deps: PipelineDeps, { inbound }: Exchange): Deadline {
  const allowedMs = deadlineMs(inbound.headers.get('x-stainless-timeout'))
  return { atMs: inbound.startedMs + allowedMs, isClientHasty: allowedMs < deps.timeouts.firstEventMs }
}

interface Try {
  readonly deps: PipelineDeps
  readonly exchange: Exchange
  readonly body: RequestBody
  readonly target: Target
  readonly permit: AttemptPermit
  readonly deadline: Deadline
  readonly open: Open
}

/**
 * One attempt, under its timeout for the first event, the deadline, and the client's patience. The permit passes to
 * the answer; if there is none, it is settled here.
 */
async function tryOnce({ deps, exchange, body, target, permit, deadline, open }: Try): Promise<Outbound | ProxyError> {
  const { inbound } = exchange
  const { firstEventMs, pingMs } = deps.timeouts
  const abort = new AbortController()
  inbound.follow(abort)
  const nowMs = deps.clock.nowMs()
  const remainingMs = deadline.atMs - nowMs
  const isDeadlineNearer = remainingMs < firstEventMs
  const timeoutMs = isDeadlineNearer ? Math.max(0, Math.ceil(remainingMs) + 1) : firstEventMs
  const cancelTimeout = deps.scheduler.after(timeoutMs, () => abort.abort(notBegun()))

  function failed(thrown: unknown): ProxyError {
    inbound.follow(null)
    const isUnsent = thrown instanceof ProxyError && thrown.detail.isUnsent === true
    const error = toProxyError(abort.signal.aborted && !isUnsent ? abort.signal.reason : thrown)
    // Before that an upstream that took no connection, say, was given up on for its own sake.
    const isOver = deps.clock.nowMs() >= deadline.atMs
    const isHaste = isOver && deadline.isClientHasty && error.kind === 'upstream_timeout'
    permit.settle(error, isHaste ? 'ignore' : error.traits.outcome)
    return isHaste && !isUnsent ? error.withDetail({ isHasty: true }) : error
  }

  const upstream = deps.upstreams[target.provider.dialect]
  const times = { timeoutAtMs: nowMs + timeoutMs, commitAtMs: nowMs + pingMs }
  try {
    // Who has left by now is asked for nothing, and charged for nothing.
    abort.signal.throwIfAborted()
    return await open({ deps, exchange, body, target, upstream, permit, abort, failed, ...times })
  } catch (thrown) {
    return failed(thrown)
  } finally {
    cancelTimeout()
  }
}
