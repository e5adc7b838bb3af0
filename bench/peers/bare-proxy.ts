/**
 * The peer of the end-to-end rows: the least that a metering proxy on Bun can be. It reads the body, parses it once,
 * sends it on and hands the answer through. No limits, no errors, no metrics, no protection of any kind.
 *
 * Several of them share a port.
 *
 *     PORT=9000 UPSTREAM=http://127.0.0.1:9001 bun bench/peers/bare-proxy.ts
 */
const upstream = process.env.UPSTREAM ?? ''
let streams = 0

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT),
  reusePort: true,
  async fetch(request, server) {
    if (request.method !== 'POST') return new Response(`${streams}`)
    const body = await request.bytes()
    const message = JSON.parse(new TextDecoder().decode(body))
    if (message.stream === true) {
      streams++
      server.timeout(request, 0)
    }
    const { pathname, search } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.delete('host')
    headers.delete('connection')
    headers.set('x-api-key', 'bench')
    const init = { method: 'POST', headers, body, signal: request.signal, decompress: false }
    return await fetch(upstream + pathname + search, init)
  },
})
