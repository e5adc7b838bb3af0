import { expect, test } from 'bun:test'
import { startLynkr, UPSTREAM_KEY } from '../support/running-lynkr.ts'

const SECRET = 'sk-ant-api03-canary-of-a-credential'
const PROMPT = 'canary-of-a-prompt'

test('no credential and no prompt reaches log, metrics, traces or dashboard, wherever a client puts it', async () => {
  const traces: Buffer[] = []
  using collector = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      traces.push(Buffer.from(await request.arrayBuffer()))
      return new Response(new Uint8Array(0))
    },
  })
  const endpoint = `http://127.0.0.1:${collector.port}`
  const lynkr = await startLynkr({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, LOG_LEVEL: 'debug' })
  const headers = {
    'x-api-key': SECRET,
    authorization: `Bearer ${SECRET}`,
    cookie: SECRET,
    'x-request-id': SECRET,
    'x-claude-code-session-id': SECRET,
    tracestate: `vendor=${SECRET}`,
  }
  const messages = [{ role: 'user', content: PROMPT }]
  lynkr.simulator.enqueue({}, { status: 401, errorType: 'authentication_error', message: `bad key ${UPSTREAM_KEY}` })

  for (const model of ['claude-a', 'claude-b', SECRET]) {
    await (await lynkr.ask({ model, messages, system: PROMPT, metadata: { user_id: PROMPT } }, headers)).text()
  }
  await (await lynkr.ask({ messages: PROMPT, model: SECRET }, headers)).text()
  const metrics = await (await fetch(`${lynkr.server.url}/metrics`)).text()
  const observability = await (await fetch(`${lynkr.server.url}/metrics/observability`)).text()
  const dashboard = await dashboardEvents(lynkr.server.url, lynkr.adminKey)
  await lynkr.stop()

  const outputs = {
    log: lynkr.server.output(),
    metrics,
    observability,
    dashboard,
    traces: Buffer.concat(traces).toString('latin1'),
  }
  expect(outputs.log).toContain('"msg":"request"')
  expect(outputs.dashboard).toContain('claude-a')
  expect(outputs.traces).toContain('claude-a')
  const leaks = Object.entries(outputs).map(([name, text]) => [
    name,
    /.{0,40}(?:canary|lynkr_[\w-]{43}).{0,20}/.exec(text)?.[0],
  ])
  expect(leaks.filter(([, leak]) => leak !== undefined)).toEqual([])
})

/** Up to the first tick: everything that the dashboard remembers, the newest requests included. */
async function dashboardEvents(url: string, key: string): Promise<string> {
  const body = JSON.stringify({ key })
  const login = await fetch(`${url}/dashboard/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const events = await fetch(`${url}/dashboard/events`, { headers: { cookie } })
  const reader = events.body?.getReader()
  let text = ''
  while (!text.includes('event: tick')) {
    const { value, done } = (await reader?.read()) ?? { done: true }
    if (done) break
    text += Buffer.from(value ?? []).toString()
  }
  await reader?.cancel()
  return text
}
