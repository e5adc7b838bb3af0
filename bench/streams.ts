import { rssMegabytes } from './support/process-cost.ts'
import { openStreams, runLoad } from './support/run-load.ts'
import type { Section } from './support/section.ts'
import { type Servers, setAnswer } from './support/servers.ts'
import { showSpread, spread } from './support/statistics.ts'

const OPEN_STREAMS = 1_000
const STREAM = { bodyBytes: 1_024, stream: true }
const ANSWER = { blocks: [{ text: 'One event, then the next. ' }] }
/**
 * A stream that says something every 100 ms, for longer than the measurement takes. Its first words come within the
 * half second by which an upstream may be slower than usual without counting as congested.
 */
const SLOW_ANSWER = { blocks: [{ text: 'word '.repeat(3_000) }], chunkChars: 5, delayMs: 100 }

/** What a stream costs that is not processor time: its first byte, and memory while it is open. */
export async function streamsSection(servers: Servers, rounds: number, requests: number): Promise<Section> {
  await setAnswer(servers.upstream, ANSWER)
  const firstByte = { direct: [] as number[], lynkr: [] as number[], bare: [] as number[] }
  const ports = { direct: servers.upstream.port, lynkr: servers.lynkr.port, bare: servers.bare.port }
  for (let round = 0; round < rounds; round++) {
    for (const name of ['direct', 'lynkr', 'bare'] as const) {
      const load = await runLoad({ ...STREAM, concurrency: 1, port: ports[name], requests })
      firstByte[name].push(load.firstByteP50Ms)
    }
  }
  const direct = spread(firstByte.direct)
  const added = (values: readonly number[]) => spread(values.map((value, i) => value - (firstByte.direct[i] ?? 0)))
  const lynkrAdded = added(firstByte.lynkr)
  const bareAdded = added(firstByte.bare)
  const rss = await memoryUnderStreams(servers)
  return {
    title: 'Streams',
    columns: ['figure', 'lynkr', 'bare proxy'],
    rows: [
      [
        `first byte, ms added to ${direct.median.toFixed(3)} direct`,
        showSpread(lynkrAdded, 3),
        showSpread(bareAdded, 3),
      ],
      ['memory before any stream, MB', rss.lynkrBefore.toFixed(0), rss.bareBefore.toFixed(0)],
      [`memory with ${OPEN_STREAMS} open streams, MB`, rss.lynkr.toFixed(0), rss.bare.toFixed(0)],
    ],
    targets: [
      { what: "added to a stream's first byte", limit: 0.2, measured: lynkrAdded.median, unit: 'ms', bound: 'under' },
      { what: `${OPEN_STREAMS} open streams`, limit: 120, measured: rss.lynkr, unit: 'MB', bound: 'under' },
    ],
    data: { firstByteMs: firstByte, direct, lynkrAdded, bareAdded, rssMegabytes: rss },
  }
}

async function memoryUnderStreams(
  servers: Servers,
): Promise<Record<'lynkrBefore' | 'bareBefore' | 'lynkr' | 'bare', number>> {
  const before = { lynkrBefore: rssMegabytes(servers.lynkr.pid), bareBefore: rssMegabytes(servers.bare.pid) }
  await setAnswer(servers.upstream, SLOW_ANSWER)
  const held = { lynkr: 0, bare: 0 }
  for (const name of ['lynkr', 'bare'] as const) {
    const streams = await openStreams({ ...STREAM, concurrency: OPEN_STREAMS, port: servers[name].port })
    held[name] = rssMegabytes(servers[name].pid)
    await streams.close()
  }
  await setAnswer(servers.upstream, ANSWER)
  return { ...before, ...held }
}
