import type { RequestRow } from '../wire.ts'
import { byId, element } from './dom.ts'
import { count, dollars, percent, seconds, text, timeOfDay } from './format.ts'

/** Opens one request: its facts, and what happened in it over time. */
export function openDetail(row: RequestRow): void {
  const dialog = byId('detail', HTMLDialogElement)
  const close = element('button', { type: 'button' }, 'Close')
  close.addEventListener('click', () => dialog.close())
  const head = element('div', { class: 'row' }, element('h2', { id: 'detail-title' }, `Request ${row.id}`), close)
  dialog.replaceChildren(head, factsOf(row), element('h3', {}, 'What happened, and when'), waterfall(row))
  dialog.showModal()
}

function factsOf(row: RequestRow): HTMLElement {
  const cached = row.tokensIn ? percent((row.tokensCached ?? 0) / row.tokensIn) : null
  const facts: readonly (readonly [string, string])[] = [
    ['Ended', timeOfDay(row.endedMs)],
    ['Outcome', `${row.status} ${row.errorKind ?? row.outcome}`],
    ['Endpoint', `${row.surface}${row.stream ? ', streamed' : ''}`],
    ['Asked for', text(row.modelAsked)],
    ['Answered by', answererOf(row)],
    ['Lane', row.lane],
    ['Key', text(row.keyId)],
    ['First byte', seconds(row.firstByteSeconds)],
    ['Total', seconds(row.seconds)],
    ['Tokens in', cached === null ? count(row.tokensIn) : `${count(row.tokensIn)}, ${cached} from the prompt cache`],
    ['Tokens out', count(row.tokensOut)],
    ['Cost', dollars(row.costUsd)],
  ]
  const pairs = facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))
  const trace = element(
    'div',
    { class: 'whole' },
    element('dt', {}, 'Trace'),
    element('dd', {}, element('code', {}, row.traceId)),
  )
  return element('dl', { class: 'facts' }, ...pairs, trace)
}

function answererOf({ lane, modelUsed, provider }: RequestRow): string {
  if (lane === 'cache') return 'the response cache'
  return provider === null ? 'nobody' : `${text(modelUsed)} at ${provider}`
}

interface Step {
  readonly words: string
  readonly kind: 'good' | 'bad' | 'own'
  readonly startedMs: number
  readonly durationMs: number
}

/** One bar per decision and per attempt, as long as it took, over the whole request; a mark where the first byte left. */
function waterfall(row: RequestRow): HTMLElement {
  const steps = [...row.decisions.map(decisionStep), ...row.attempts.map(attemptStep)]
  if (steps.length === 0) return element('p', { class: 'quiet' }, 'No provider was asked.')
  const totalMs = Math.max(1, row.seconds * 1000)
  return element('ol', { class: 'waterfall' }, ...steps.map((step) => lineOf(step, totalMs, row.firstByteSeconds)))
}

function decisionStep({ about, result, startedMs, durationMs }: RequestRow['decisions'][number]): Step {
  const words = about === 'cache' ? `Response cache: ${result}` : `Budget: ${result}`
  return { words, kind: result === 'refused' ? 'bad' : 'own', startedMs, durationMs }
}

function attemptStep(attempt: RequestRow['attempts'][number], i: number): Step {
  const { provider, model, errorKind, status, startedMs, durationMs } = attempt
  const end = `${errorKind ?? 'answered'}${status === null ? '' : ` (${status})`}`
  const words = `${i + 1}. ${provider}${model === '' ? '' : `, ${model}`}: ${end}`
  return { words, kind: errorKind === null ? 'good' : 'bad', startedMs, durationMs }
}

function lineOf(
  { words, kind, startedMs, durationMs }: Step,
  totalMs: number,
  firstByteSeconds: number | null,
): HTMLElement {
  const bar = element('div', { class: `span ${kind}` })
  bar.style.marginLeft = `${Math.min(99.5, (startedMs / totalMs) * 100)}%`
  bar.style.width = `${Math.max(0.5, (durationMs / totalMs) * 100)}%`
  const track = element('div', { class: 'track', 'aria-hidden': 'true' }, bar)
  if (kind === 'good' && firstByteSeconds !== null) {
    const mark = element('div', { class: 'mark', title: 'first byte' })
    mark.style.left = `${Math.min(100, ((firstByteSeconds * 1000) / totalMs) * 100)}%`
    track.append(mark)
  }
  const times = `after ${seconds(startedMs / 1000)}, for ${seconds(durationMs / 1000)}`
  const label = element('div', { class: 'row' }, element('span', {}, words), element('span', { class: 'quiet' }, times))
  return element('li', {}, label, track)
}
