/**
 * The bare proxy without its one parse: what Bun's server and its `fetch` cost by themselves.
 *
 *     PORT=9000 UPSTREAM=http://127.0.0.1:9001 bun bench/peers/bytes-proxy.ts
 */
const upstream = process.env.UPSTREAM ?? ''

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  async fetch(request, server) {
    if (request.method !== 'POST') return new Response('ready')
    server.timeout(request, 0)
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.delete('host')
    headers.delete('connection')
    headers.set('x-api-key', 'bench')
    const init = { method: 'POST', headers, body: await request.bytes(), signal: request.signal, decompress: false }
    return await fetch(upstream + pathname + search, init)
  },
})
