import { openPoolClient } from './pool-client.ts'

/**
 * The bare proxy with either client:
 *
 *     CLIENT=fetch|pool PORT=9000 UPSTREAM=https://localhost:9001 bun bench/transport/proxy.ts
 */
const upstream = new URL(process.env.UPSTREAM ?? '')
const pool = process.env.CLIENT === 'pool' ? openPoolClient(upstream) : null

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  async fetch(request) {
    if (request.method !== 'POST') return new Response('ready')
    const path = request.url.slice(request.url.indexOf('/', 8))
    const body = await request.bytes()
    const headers = new Headers(request.headers)
    headers.delete('host')
    headers.delete('connection')
    headers.set('x-api-key', 'bench')
    if (pool === null) {
      const init = { method: 'POST', headers, body, signal: request.signal, decompress: false }
      return await fetch(upstream.origin + path, init)
    }
    const answer = await pool.send(path, headers, body)
    return new Response(answer.body, { status: answer.status, headers: answer.headers })
  },
})
