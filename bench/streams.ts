import { freePort, type ServerProcess } from '../test/support/server-process.ts'
import type { EventDelay } from './event-delay.ts'
import type { Plan } from './plan.ts'
import { bound, own, startOwned } from './support/owned.ts'
import { rssMegabytes } from './support/process-cost.ts'
import { openStreams, runLoad } from './support/run-load.ts'
import type { Section, Target } from './support/section.ts'
import { setAnswer, startBunProxy, startFullLynkr, startUpstream } from './support/servers.ts'
import { type Spread, showSpread, spread } from './support/statistics.ts'

const OPEN_STREAMS = 1_000
const MANY_STREAMS = 5_000
const STREAMS_AT_ONCE = 100
const STREAM = { bodyBytes: 1_024, stream: true }
const ANSWER = { blocks: [{ text: 'One event, then the next. ' }] }
/** Streams that say something twice a second, for longer than it takes. */
const SLOW_ANSWER = { blocks: [{ text: 'word '.repeat(3_000) }], chunkChars: 5, delayMs: 500 }
const NAMES = ['direct', 'lynkr', 'bare', 'relay'] as const

type Figures = Record<(typeof NAMES)[number], number[]>

/** What a stream costs that is not processor time: its first byte, each event's delay, and memory while it is open. */
export async function streamsSection(plan: Plan): Promise<Section> {
  const upstream = await startUpstream()
  const servers = {
    direct: upstream,
    lynkr: await startFullLynkr(upstream.url),
    bare: await startBunProxy('bare-proxy', upstream.url),
    relay: await startBunProxy('relay', upstream.url),
  }
  const firstByte = await firstBytes(servers, plan)
  // On a machine that is too busy for all of it, what comes last is left out; a quick run leaves out what loads it most.
  const ifTime = async <T>(measure: () => Promise<T>): Promise<T | null> =>
    plan.deadline.isOver() ? null : await measure()
  const rss = await ifTime(() => memoryUnderStreams(servers))
  const many = plan.isQuick ? null : await ifTime(() => manyStreams(servers))
  const single = await ifTime(() => eventDelays({ ...plan, deadline: plan.deadline.part(0.6) }, 1))
  const busy = plan.isQuick ? null : await ifTime(() => eventDelays(plan, STREAMS_AT_ONCE))
  return {
    title: 'Streams',
    columns: ['figure', 'lynkr', 'bare proxy', 'relay of bytes'],
    rows: [
      addedRow('first byte, ms', firstByte),
      ...(single === null ? [] : [addedRow('event, one stream, ms', single)]),
      ...(busy === null ? [] : [addedRow(`event, ${STREAMS_AT_ONCE} streams, ms`, busy)]),
      ...(rss === null
        ? []
        : [
            ['memory before any stream, MB', rss.lynkrBefore.toFixed(0), rss.bareBefore.toFixed(0), '–'],
            [`memory with ${OPEN_STREAMS} open streams, MB`, rss.lynkr.toFixed(0), rss.bare.toFixed(0), '–'],
          ]),
      ...(many === null ? [] : [[`memory with ${many.open} streams open, MB`, many.megabytes.toFixed(0), '–', '–']]),
    ],
    targets: [
      atMost("added to a stream's first byte", 0.2, 'ms', firstByte.lynkr.median),
      atMost("goal: added to a stream's first byte", 0.15, 'ms', firstByte.lynkr.median),
      ...(single === null ? [] : [atMost('added to an event, p50', 0.1, 'ms', single.lynkr.median)]),
      ...(rss === null ? [] : [atMost(`${OPEN_STREAMS} open streams`, 120, 'MB', rss.lynkr)]),
      ...(many === null ? [] : [atLeast('streams open at once', MANY_STREAMS, 'streams', many.open)]),
    ],
    data: { firstByte, event: single, eventOfMany: busy, rssMegabytes: rss, many },
  }
}

function addedRow(what: string, { direct, lynkr, bare, relay }: Added): readonly string[] {
  const proxies = [lynkr, bare, relay].map((one) => showSpread(one, 3))
  return [`${what}, added to ${direct.median.toFixed(3)} direct`, ...proxies]
}

function atMost(what: string, limit: number, unit: string, measured: number): Target {
  return { what, limit, measured, unit, bound: 'at most' }
}

function atLeast(what: string, limit: number, unit: string, measured: number): Target {
  return { what, limit, measured, unit, bound: 'at least' }
}

/** What the proxies add, in ms, round by round. */
type Added = Readonly<Record<(typeof NAMES)[number], Spread>>

function added({ direct, lynkr, bare, relay }: Figures): Added {
  const to = (values: readonly number[]) => spread(values.map((value, i) => value - (direct[i] ?? 0)))
  return { direct: spread(direct), lynkr: to(lynkr), bare: to(bare), relay: to(relay) }
}

type ByName = Readonly<Record<(typeof NAMES)[number], ServerProcess>>

async function firstBytes(servers: ByName, { rounds, firstBytes: requests, deadline }: Plan): Promise<Added> {
  await setAnswer(servers.direct, ANSWER)
  const figures: Figures = { direct: [], lynkr: [], bare: [], relay: [] }
  const { endMs } = deadline.part(0.3)
  for (let round = -1; round <= 0 || (round < rounds && performance.now() < endMs); round++) {
    for (const name of NAMES) {
      const load = { ...STREAM, concurrency: 1, port: servers[name].port, requests, forMs: 3_000 }
      const { firstByteP50Ms } = await runLoad(load)
      // The first round warms up.
      if (round >= 0) figures[name].push(firstByteP50Ms)
    }
  }
  return added(figures)
}

/** How long an event is on its way through proxies of its own, before an upstream that says when it sent each. */
async function eventDelays({ rounds, deadline }: Plan, streams: number): Promise<Added> {
  const port = await freePort()
  const command = [process.execPath, 'bench/peers/ticking-upstream.ts']
  const direct = await startOwned(command, { port, env: { PORT: `${port}` }, readyPath: '/', output: 'ignore' }, 1)
  const lynkr = await startFullLynkr(direct.url)
  const bare = await startBunProxy('bare-proxy', direct.url)
  const relay = await startBunProxy('relay', direct.url)
  const servers: ByName = { direct, lynkr, bare, relay }
  const figures: Figures = { direct: [], lynkr: [], bare: [], relay: [] }
  for (let round = -1; round <= 0 || (round < rounds && !deadline.isOver()); round++) {
    for (const name of NAMES) {
      const { p50Us } = await eventDelay(servers[name].port, streams)
      if (round >= 0) figures[name].push(p50Us / 1_000)
    }
  }
  await Promise.all([lynkr, bare, relay, direct].map((server) => server.stop()))
  return added(figures)
}

async function eventDelay(port: number, streams: number): Promise<EventDelay> {
  const command = bound([process.execPath, 'bench/event-delay.ts', `${port}`, `${streams}`], 1)
  const child = Bun.spawn([...command], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 30_000 })
  own(child.pid, child.exited)
  const text = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error('the events were not read')
  return JSON.parse(text)
}

async function memoryUnderStreams({ direct, lynkr, bare }: ByName) {
  const before = { lynkrBefore: rssMegabytes(lynkr.pid), bareBefore: rssMegabytes(bare.pid) }
  await setAnswer(direct, SLOW_ANSWER)
  const held = { lynkr: 0, bare: 0 }
  for (const [name, server] of Object.entries({ lynkr, bare })) {
    const streams = await openStreams({ ...STREAM, concurrency: OPEN_STREAMS, port: server.port })
    held[name === 'lynkr' ? 'lynkr' : 'bare'] = rssMegabytes(server.pid)
    await streams.close()
  }
  return { ...before, ...held }
}

async function manyStreams({ direct, lynkr }: ByName): Promise<{ open: number; megabytes: number }> {
  await setAnswer(direct, SLOW_ANSWER)
  const { open, close } = await openStreams({ ...STREAM, concurrency: MANY_STREAMS, port: lynkr.port })
  const megabytes = rssMegabytes(lynkr.pid)
  await close()
  return { open, megabytes }
}
