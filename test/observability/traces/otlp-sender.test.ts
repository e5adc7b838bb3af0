import { expect, test } from 'bun:test'
import { seededRandom } from '../../../src/core/random.ts'
import { Secret } from '../../../src/core/secret.ts'
import { openOtlpSender } from '../../../src/observability/traces/otlp-sender.ts'
import { spansOf } from '../../../src/observability/traces/spans-of.ts'
import { requestRecord } from '../../support/request-record.ts'

const random = seededRandom(1)
const options = { serviceName: 'lynkr', version: '1', instanceId: 'pod:1', headers: { 'x-key': new Secret('k1') } }

test('spans reach a collector as OTLP protobuf under /v1/traces, with the operator’s headers', async () => {
  const got: { path: string; type: string | null; key: string | null; body: Buffer }[] = []
  using collector = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname: path } = new URL(request.url)
      const { headers } = request
      const body = Buffer.from(await request.arrayBuffer())
      got.push({ path, type: headers.get('content-type'), key: headers.get('x-key'), body })
      return new Response(new Uint8Array(0), { headers: { 'content-type': 'application/x-protobuf' } })
    },
  })
  const { send } = openOtlpSender({ ...options, endpoint: `http://127.0.0.1:${collector.port}/` })
  const record = requestRecord()

  const isTaken = await send(spansOf(record, random))

  expect(isTaken).toBe(true)
  expect(got).toMatchObject([{ path: '/v1/traces', type: 'application/x-protobuf', key: 'k1' }])
  expect(got[0]?.body.includes(Buffer.from(record.traceId, 'hex'))).toBe(true)
  expect(got[0]?.body.includes(Buffer.from(record.attemptList[0]?.spanId ?? '', 'hex'))).toBe(true)
  expect(got[0]?.body.toString('latin1')).toContain('gen_ai.usage.input_tokens')
})

test('a collector that refuses says so, and throws nothing', async () => {
  using collector = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('no', { status: 400 }) })
  const { send } = openOtlpSender({ ...options, endpoint: `http://127.0.0.1:${collector.port}` })

  expect(await send(spansOf(requestRecord(), random))).toBe(false)
})
