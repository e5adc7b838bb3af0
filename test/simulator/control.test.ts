import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { ask, MESSAGES } from './support.ts'

let simulator: Simulator

beforeAll(async () => {
  simulator = await startSimulator({ requestsKept: 2 })
})

afterAll(() => simulator.stop())

function control(method: string, path: string, body?: unknown): Promise<Response> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  return fetch(`${simulator.url}/__simulator/${path}`, init)
}

test('another process can script it, read what it received, and forget', async () => {
  await control('POST', 'scripts', [{ blocks: [{ text: 'scripted' }] }])
  await control('PUT', 'default', { blocks: [{ text: 'standing' }] })

  const answers = [await (await ask(simulator, MESSAGES)).text(), await (await ask(simulator, MESSAGES)).text()]
  const seen = await (await control('GET', 'requests')).json()
  await control('DELETE', 'requests')
  const forgotten = await (await control('GET', 'requests')).json()

  expect(answers[0]).toContain('scripted')
  expect(answers[1]).toContain('standing')
  expect(seen).toMatchObject([{ ordinal: 0, path: '/v1/messages', status: 200, json: MESSAGES }, { ordinal: 1 }])
  expect(forgotten).toEqual([])
})

test('a wrong script is refused whole, with the path of what is wrong', async () => {
  const response = await control('POST', 'scripts', [{ blocks: [{ text: 'fine' }] }, { delay: 1 }])

  expect(response.status).toBe(400)
  expect(await response.text()).toContain('delay')
})

test.each([
  [{ headers: { x: 'a\r\nb: c' } }, 'must be one line of Latin-1'],
  [{ headers: { 'a b': 'c' } }, 'must be the name of a header'],
  [{ fault: { type: 'redirect', location: 'x\r\ny: z' } }, 'must be one line of Latin-1'],
  [{ fault: { type: 'redirect', status: 200 } }, '>=300'],
])('a script whose head would be no HTTP is refused: %j', async (script, reason) => {
  const response = await control('POST', 'scripts', script)

  expect(response.status).toBe(400)
  expect(await response.text()).toContain(reason)
})

test('an unknown control is a 404', async () => {
  expect((await control('GET', 'scripts')).status).toBe(404)
})

test('only the latest requests are kept', async () => {
  for (let i = 0; i < 3; i++) await ask(simulator, MESSAGES)

  expect(simulator.requests().length).toBe(2)
})

test('without recording nothing is kept and waiting is refused', async () => {
  const silent = await startSimulator({ record: false })
  await ask(silent, MESSAGES)

  expect(silent.requests()).toEqual([])
  await expect(silent.waitForRequest(() => true)).rejects.toThrow('record: false')
  await silent.stop()
})
