import { expect, test } from 'bun:test'
import { openWebhook } from '../../src/upstream/webhook.ts'

/** A receiver on loopback that answers with what `answer` says, and how many calls it had. */
function openReceiver(answer: () => Response | Promise<Response>) {
  const bodies: unknown[] = []
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      bodies.push(await request.json())
      return answer()
    },
  })
  return { url: server.url.href, bodies, stop: () => server.stop(true) }
}

test('the receiver gets the body as JSON, once', async () => {
  const told = Promise.withResolvers<void>()
  const receiver = openReceiver(() => {
    told.resolve()
    return new Response()
  })

  openWebhook(receiver.url, told.reject).tell({ event: 'budget.soft_limit' })
  await told.promise
  await receiver.stop()

  expect(receiver.bodies).toEqual([{ event: 'budget.soft_limit' }])
})

test('a receiver that fails is told of, without its address', async () => {
  const fault = Promise.withResolvers<unknown>()
  const receiver = openReceiver(() => new Response(null, { status: 500 }))

  openWebhook(receiver.url, fault.resolve).tell({})
  const cause = await fault.promise
  await receiver.stop()

  expect(String(cause)).toBe('Error: the webhook answered 500')
})

test('a receiver that does not answer holds at most sixteen calls', async () => {
  const done = Promise.withResolvers<Response>()
  const receiver = openReceiver(() => done.promise)
  const faults: unknown[] = []
  const webhook = openWebhook(receiver.url, (cause) => faults.push(cause))

  for (let i = 0; i < 20; i++) webhook.tell({ i })
  const dropped = faults.length
  done.resolve(new Response())
  await receiver.stop()

  expect(dropped).toBe(4)
})
