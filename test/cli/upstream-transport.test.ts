import { expect, test } from 'bun:test'
import { openRawUpstream } from '../support/raw-upstream.ts'
import { startLynkr } from '../support/running-lynkr.ts'

const ANSWER = '{"type":"message","content":[],"usage":{"input_tokens":1,"output_tokens":1}}'

// Bun's fetch begins the names of its own fields with capitals.
test.each([
  ['own connections by default', {}, 'content-length: '],
  ['fetch where it is set', { LYNKR_UPSTREAM_TRANSPORT: 'fetch' }, 'Content-Length: '],
  ['fetch where every certificate is believed', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'Content-Length: '],
])('requests go upstream by %s', async (_, env, field) => {
  const upstream = openRawUpstream(
    () => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`,
  )
  const lynkr = await startLynkr({ ...env, ANTHROPIC_API_BASE: upstream.url })

  const { status } = await lynkr.ask()

  expect([status, upstream.requests.find(({ text }) => text.startsWith('POST'))?.text]).toEqual([
    200,
    expect.stringContaining(`\r\n${field}`),
  ])
  await lynkr.stop()
  upstream.stop()
})
