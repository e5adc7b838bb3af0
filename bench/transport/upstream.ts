/** Answers every request with the same kilobyte: plainly on `PORT`, and over TLS on `TLS_PORT`. */
const { CERT, KEY, PORT, TLS_PORT } = process.env
const text = 'A line of an answer. '.repeat(45)
const answer = JSON.stringify({ type: 'message', content: [{ type: 'text', text }] })

async function respond(request: Request): Promise<Response> {
  await request.bytes()
  return new Response(answer, { headers: { 'content-type': 'application/json' } })
}

const options = { hostname: '127.0.0.1', idleTimeout: 255, fetch: respond }
const tls = { cert: Bun.file(CERT ?? ''), key: Bun.file(KEY ?? '') }
Bun.serve({ ...options, port: Number(TLS_PORT), tls })
Bun.serve({ ...options, port: Number(PORT) })
