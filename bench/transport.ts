import { join } from 'node:path'
import { withEngineSettings } from '../src/config/reexec.ts'
import { freePort, type ServerProcess } from '../test/support/server-process.ts'
import { ownWhatIsStarted, scratchFolder, startOwned } from './support/owned.ts'
import { cpuMs } from './support/process-cost.ts'
import { runLoad } from './support/run-load.ts'
import { showTable } from './support/section.ts'
import { showSpread, spread } from './support/statistics.ts'

/**
 * `bun bench/transport.ts [--quick]`: what the way to upstreams costs. The same bare proxy with `fetch` and with lynkr's own
 * connections, under lynkr's settings of the engine, in interleaved rounds, before an upstream on http and on https. The ratio is what
 * `docs/adr/0014-upstream-transport.md` decides by.
 */
const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 3 : 5
const ROUND_MS = isQuick ? 300 : 700
const TRANSPORTS = ['fetch', 'sockets'] as const

ownWhatIsStarted()
const folder = scratchFolder()
const certificate = makeCertificate()
const tlsPort = await freePort()
const upstream = await start('upstream', 1, { ...certificate, TLS_PORT: `${tlsPort}` })
const rows: string[][] = []
for (const url of [upstream.url.replace('127.0.0.1', 'localhost'), `https://localhost:${tlsPort}`]) {
  rows.push(...(await measure(url, certificate.CERT)))
}
console.log(showTable(['upstream', 'body', 'at once', 'fetch / sockets', 'fetch, CPU µs', 'sockets, CPU µs'], rows))
process.exit(0)

async function measure(upstreamUrl: string, certificate: string): Promise<string[][]> {
  const env = withEngineSettings({ UPSTREAM: upstreamUrl, NODE_EXTRA_CA_CERTS: certificate })
  const proxies = new Map<string, ServerProcess>()
  for (const transport of TRANSPORTS) {
    proxies.set(transport, await start('proxy', 0, { ...env, TRANSPORT: transport }))
  }
  const rows: string[][] = []
  for (const bodyBytes of [1_024, 138 * 1_024]) {
    for (const concurrency of [1, 32, 256]) {
      const costs = await interleave(proxies, { bodyBytes, concurrency })
      const ratios = costs.fetch.map((us, i) => us / (costs.sockets[i] ?? Number.NaN))
      const figures = [spread(costs.fetch), spread(costs.sockets)].map((value) => showSpread(value, 0))
      rows.push([
        new URL(upstreamUrl).protocol.slice(0, -1),
        `${bodyBytes / 1_024} KB`,
        `${concurrency}`,
        showSpread(spread(ratios), 2),
        ...figures,
      ])
    }
  }
  return rows
}

/** Processor time of a request in µs, by transport, a figure a round. */
async function interleave(
  proxies: ReadonlyMap<string, ServerProcess>,
  traffic: { bodyBytes: number; concurrency: number },
): Promise<Record<(typeof TRANSPORTS)[number], number[]>> {
  const costs = { fetch: [] as number[], sockets: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    for (const transport of round % 2 === 0 ? TRANSPORTS : TRANSPORTS.toReversed()) {
      const proxy = proxies.get(transport)
      if (proxy === undefined) continue
      const beforeMs = cpuMs(proxy.pid)
      const load = { ...traffic, stream: false, port: proxy.port, requests: 1_000_000, forMs: ROUND_MS }
      const { requests } = await runLoad(load)
      // The first round warms up.
      if (round >= 0) costs[transport].push(((cpuMs(proxy.pid) - beforeMs) * 1_000) / requests)
    }
  }
  return costs
}

async function start(name: 'proxy' | 'upstream', processor: 0 | 1, env: Record<string, string>) {
  const port = await freePort()
  const options = { port, env: { PORT: `${port}`, ...env }, readyPath: '/', output: 'ignore' } as const
  return startOwned([process.execPath, `bench/transport/${name}.ts`], options, processor)
}

function makeCertificate(): { CERT: string; KEY: string } {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  const command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const { success, stderr } = Bun.spawnSync([...command, '-keyout', key, '-out', cert, ...subject])
  if (!success) throw new Error(`openssl made no certificate: ${stderr}`)
  return { CERT: cert, KEY: key }
}
