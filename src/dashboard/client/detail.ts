import type { RequestRow } from '../wire.ts'
import { byId, element } from './dom.ts'
import { count, dollars, percent, seconds, text, timeOfDay } from './format.ts'

/** Opens one request: its facts, and its attempts over time. */
export function openDetail(row: RequestRow): void {
  const dialog = byId('detail', HTMLDialogElement)
  const close = element('button', { type: 'button' }, 'Close')
  close.addEventListener('click', () => dialog.close())
  const head = element('div', { class: 'row' }, element('h2', { id: 'detail-title' }, `Request ${row.id}`), close)
  dialog.replaceChildren(head, factsOf(row), element('h3', {}, 'Attempts'), waterfall(row))
  dialog.showModal()
}

function factsOf(row: RequestRow): HTMLElement {
  const cached = row.tokensIn ? percent((row.tokensCached ?? 0) / row.tokensIn) : '–'
  const facts: readonly (readonly [string, string])[] = [
    ['Ended', timeOfDay(row.endedMs)],
    ['Outcome', `${row.status} ${row.errorKind ?? row.outcome}`],
    ['Endpoint', `${row.surface}${row.stream ? ', streamed' : ''}`],
    ['Asked for', text(row.modelAsked)],
    ['Answered by', `${text(row.modelUsed)} at ${text(row.provider)}`],
    ['Lane', row.lane],
    ['Key', text(row.keyId)],
    ['First byte', seconds(row.firstByteSeconds)],
    ['Total', seconds(row.seconds)],
    ['Tokens', `${count(row.tokensIn)} in (${cached} from the prompt cache), ${count(row.tokensOut)} out`],
    ['Cost', dollars(row.costUsd)],
    ['Trace', row.traceId],
  ]
  const pairs = facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))
  return element('dl', { class: 'facts' }, ...pairs)
}

/** One bar per attempt, as long as it took, over the whole request. */
function waterfall(row: RequestRow): HTMLElement {
  if (row.attempts.length === 0) return element('p', { class: 'quiet' }, 'No provider was asked.')
  const totalMs = Math.max(1, row.seconds * 1000)
  const lines = row.attempts.map((attempt, i) => {
    const bar = element('div', { class: `span ${attempt.errorKind === null ? 'good' : 'bad'}` })
    bar.style.marginLeft = `${(attempt.startedMs / totalMs) * 100}%`
    bar.style.width = `${Math.max(0.5, (attempt.durationMs / totalMs) * 100)}%`
    const end = attempt.errorKind === null ? 'answered' : attempt.errorKind
    const words = `${i + 1}. ${attempt.provider}${attempt.model === '' ? '' : `, ${attempt.model}`}: ${end}${attempt.status === null ? '' : ` (${attempt.status})`}`
    const times = `after ${seconds(attempt.startedMs / 1000)}, for ${seconds(attempt.durationMs / 1000)}`
    const label = element(
      'div',
      { class: 'row' },
      element('span', {}, words),
      element('span', { class: 'quiet' }, times),
    )
    return element('li', {}, label, element('div', { class: 'track', 'aria-hidden': 'true' }, bar))
  })
  return element('ol', { class: 'waterfall' }, ...lines)
}
