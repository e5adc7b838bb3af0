import { describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import type { ErrorKind } from '../../src/core/errors.ts'
import type { Script } from '../../src/simulator/script.ts'
import { isFull } from '../resilience/seed.ts'
import { eventually } from '../support/eventually.ts'
import { HELLO } from '../support/proxy.ts'
import { type Lane, openRig, type Rig } from './rig.ts'

const LANES: readonly Lane[] = ['passthrough', 'transcode']
const LONG = [{ text: 'All work and no play makes a dull proxy. '.repeat(8) }]

/** More than all buffers between two sockets hold; in a full run as much as the table of faults wants. */
const HUGE_BYTES = (isFull ? 1024 : 48) * 1024 * 1024
const HUGE_MS = isFull ? 3_600_000 : 180_000

interface Row {
  readonly name: string
  readonly script: Script
  /** How much of the request is sent. */
  readonly part: 'whole' | 'half'
  /** When the client leaves. */
  isTime(rig: Rig, heard: string): boolean
  readonly kind: ErrorKind
  readonly attempts: number
}

const ROWS: readonly Row[] = [
  {
    name: 'before the headers of its answer',
    script: { fault: { type: 'hang', at: 'headers' } },
    part: 'whole',
    isTime: (rig) => rig.proxy.simulator.requests().length === 1,
    kind: 'client_closed',
    attempts: 1,
  },
  {
    name: 'inside its own body',
    script: {},
    part: 'half',
    isTime: (rig) => rig.protections.open.size === 1,
    kind: 'client_closed',
    attempts: 0,
  },
  {
    name: 'in mid-stream',
    script: { blocks: LONG, fault: { type: 'hang', at: 'body', afterEvents: 6 } },
    part: 'whole',
    isTime: (_, heard) => heard.includes('content_block_delta'),
    kind: 'client_closed',
    attempts: 1,
  },
]

for (const lane of LANES) {
  describe(`${lane}: a client that goes away`, () => {
    test.each(ROWS)('$name costs the upstream no more, and its breaker nothing', async (row) => {
      const rig = await openRig({ lane })
      rig.proxy.simulator.setDefault(row.script)

      const client = send(rig, row.part)
      await eventually(async () => row.isTime(rig, client.heard()))
      client.socket.destroy()
      const [record] = await rig.proxy.settled(1)

      expect([record?.errorKind, record?.attempts, record?.status]).toEqual([row.kind, row.attempts, 499])
      expect(rig.outcomes).toEqual(Array.from({ length: row.attempts }, () => 'ignore' as const))
      expect([rig.protections.open.size, rig.runningTimers(), rig.states.length]).toEqual([0, 0, 0])
      await rig.proxy.stop()
    })
  })

  describe(`${lane}: a client that reads nothing for a while`, () => {
    test(
      'stops its upstream instead of filling lynkr, and gets every byte when it reads on',
      async () => {
        const rig = await openRig({ lane })
        rig.proxy.simulator.setDefault({ blocks: LONG, fault: { type: 'huge_body', bytes: HUGE_BYTES } })
        const client = send(rig, 'whole')
        await new Promise<void>((resolve) => {
          client.socket.once('data', () => {
            client.socket.pause()
            resolve()
          })
        })

        const isStill = await hasStopped(rig)
        client.socket.resume()
        const [record] = await rig.proxy.settled(1)

        expect(isStill).toBeTrue()
        expect([record?.errorKind, record?.outcome]).toEqual([null, 'ok'])
        await eventually(async () => client.end().includes('message_stop'))
        client.socket.destroy()
        await rig.proxy.stop()
      },
      HUGE_MS,
    )
  })
}

/** Whether the request is still under way although its upstream would long have sent everything. */
async function hasStopped(rig: Rig): Promise<boolean> {
  let looks = 0
  await eventually(async () => ++looks === 15)
  return rig.proxy.records.length === 0
}

function send(rig: Rig, part: Row['part']): { socket: Socket; heard(): string; end(): string } {
  const body = JSON.stringify({ ...HELLO, stream: true })
  const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  let heard = ''
  let end = ''
  const socket = connect(rig.proxy.port, '127.0.0.1', () => {
    socket.write(head + (part === 'whole' ? body : body.slice(0, body.length >> 1)))
  })
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    const text = bytes.toString('latin1')
    end = (end + text).slice(-1_024)
    if (heard.length < 16_384) heard += text
  })
  return { socket, heard: () => heard, end: () => end }
}
