import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { fetchTransport } from '../../src/upstream/fetch-transport.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'

/**
 * The bare proxy with either transport, which reads the whole answer, as a proxy that meters it must:
 *
 *     TRANSPORT=fetch|sockets PORT=9000 UPSTREAM=https://localhost:9001 bun bench/transport/proxy.ts
 */
const upstream = new URL(process.env.UPSTREAM ?? '')
const options = { connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler }
const transport = process.env.TRANSPORT === 'fetch' ? fetchTransport : openPooledTransport(options)

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  async fetch(request) {
    if (request.method !== 'POST') return new Response('ready')
    const body = await request.bytes()
    const answer = await transport.send({
      method: 'POST',
      url: upstream.origin + request.url.slice(request.url.indexOf('/', 8)),
      headers: { 'x-api-key': 'bench', 'content-type': 'application/json', 'accept-encoding': 'identity' },
      body,
      abort: new AbortController(),
    })
    const headers = { 'content-type': answer.headers.get('content-type') ?? '' }
    return new Response(await answer.bytes(), { status: answer.status, headers })
  },
})
