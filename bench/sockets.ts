import { openSocketClient } from '../test/support/socket-client.ts'
import { rssMegabytes } from './support/process-cost.ts'
import { BENCH_KEY } from './support/request.ts'
import type { Section } from './support/section.ts'
import { setAnswer, startFullLynkr, startUpstream } from './support/servers.ts'

const OPEN_SOCKETS = 200
const KEY = { authorization: `Bearer ${BENCH_KEY}` }
/** A conversation as an agent's is after some turns: what a socket keeps, so that turns send only what is new. */
const KEPT_CHARS = 40_000

/** What WebSockets cost in memory while they are open, each with a conversation of its own. */
export async function socketsSection(): Promise<Section> {
  const upstream = await startUpstream()
  const lynkr = await startFullLynkr(upstream.url)
  await setAnswer(upstream, { blocks: [{ text: 'One event, then the next. ' }] })
  const beforeMb = rssMegabytes(lynkr.pid)
  const clients = await Promise.all(Array.from({ length: OPEN_SOCKETS }, () => openSocketClient(lynkr.url, KEY)))
  const openMb = rssMegabytes(lynkr.pid)
  const input = 'A line of a file. '.repeat(KEPT_CHARS / 18)
  for (const client of clients) {
    client.send({ type: 'response.create', model: 'claude-sonnet-5-5', input, store: false })
    await client.answer()
  }
  const usedMb = rssMegabytes(lynkr.pid)
  for (const client of clients) client.close()
  await Promise.all(clients.map(({ closed }) => closed))
  return {
    title: 'WebSockets',
    columns: ['figure', 'lynkr'],
    rows: [
      ['memory before any, MB', beforeMb.toFixed(0)],
      [`added by ${OPEN_SOCKETS} that are open, MB`, (openMb - beforeMb).toFixed(0)],
      [`added by ${OPEN_SOCKETS} that had a turn of 40 KB each, MB`, (usedMb - beforeMb).toFixed(0)],
    ],
    targets: [
      {
        what: `${OPEN_SOCKETS} WebSockets, a turn each`,
        limit: 100,
        measured: usedMb - beforeMb,
        unit: 'MB',
        bound: 'under',
      },
    ],
    data: { beforeMb, openMb, usedMb },
  }
}
