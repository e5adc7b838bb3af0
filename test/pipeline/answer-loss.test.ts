import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import type { ScriptBlock } from '../../src/simulator/script.ts'
import { CLIENTS, type ClientSide, rowProvider } from '../matrix/lanes.ts'
import { openProxy, post, type TestProxy } from '../support/proxy.ts'

const PNG = 'iVBORw0KGgo='
const IMAGE = { raw: { inlineData: { mimeType: 'image/png', data: PNG } } }
const CODE = { raw: { executableCode: { language: 'PYTHON', code: 'print(1)' } } }
const RESULT = { raw: { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } } }
const ODD = { raw: { brandNewPart: { any: 'words of the model' } } }
const TEXTS = [{ text: 'Before.' }, { text: 'Behind.' }] as const

const bodyOf = ({ name }: ClientSide, stream: boolean): object => {
  const messages = [{ role: 'user', content: 'hi' }]
  if (name === 'responses') return { model: 'm', input: 'hi', stream }
  return name === 'chat' ? { model: 'm', messages, stream } : { model: 'm', max_tokens: 10, messages, stream }
}

let proxy: TestProxy
beforeAll(async () => {
  proxy = await openProxy({ provider: { ...rowProvider('gemini'), model: null } })
})
afterEach(() => proxy.clear())
afterAll(() => proxy.stop())

for (const client of CLIENTS) {
  const ask = async (stream: boolean, ...blocks: ScriptBlock[]) => {
    proxy.simulator.enqueue({ blocks: [TEXTS[0], ...blocks, TEXTS[1]] })
    const response = await post(proxy, bodyOf(client, stream), { path: client.path })
    const text = await response.text()
    const [record] = await proxy.settled(1)
    return { text, header: response.headers.get('x-lynkr-dropped'), dropped: record?.dropped, status: response.status }
  }

  describe(`a ${client.name} client is told what a Gemini answer holds that it has no form for`, () => {
    test('in a header of a whole answer, each name once', async () => {
      const { header, dropped, text } = await ask(false, CODE, RESULT, CODE, ODD)

      expect(header).toBe('answer.executableCode, answer.codeExecutionResult, answer.unknown')
      expect(dropped).toEqual(header?.split(', ') ?? [])
      expect(text).toMatch(/Before\..*Behind\./s)
      expect(text).not.toContain('words of the model')
    })

    test('in comments of a stream, and in its record', async () => {
      const { text, dropped } = await ask(true, CODE, CODE, ODD)

      const comments = text.split('\n').filter((line) => line.startsWith(': x-lynkr'))
      expect(comments).toEqual([': x-lynkr-dropped: answer.executableCode', ': x-lynkr-dropped: answer.unknown'])
      expect(dropped).toEqual(['answer.executableCode', 'answer.unknown'])
      expect(text).toMatch(/Before.*Behind/s)
    })

    for (const stream of [false, true]) {
      test(`and gets a picture where there is a form for one, ${stream ? 'streamed' : 'whole'}`, async () => {
        const { text, dropped } = await ask(stream, IMAGE)

        expect(dropped).toEqual(client.name === 'messages' ? ['answer.image'] : [])
        expect(text.includes(PNG)).toBe(client.name !== 'messages')
        if (client.name === 'responses') expect(text).toContain('"type":"image_generation_call","status":"completed"')
        if (client.name === 'chat') expect(text).toContain(`"image_url":{"url":"data:image/png;base64,${PNG}"}`)
      })
    }
  })
}

test.each([
  ['messages', 'answer.image'],
  ['responses', null],
] as const)('a picture as gateways have it in Chat is for a %s client as any other', async (name, lost) => {
  const gateway = await openProxy({ provider: rowProvider('openrouter') })
  const client = CLIENTS.find((one) => one.name === name)
  if (client === undefined) throw new Error('there is no such client')
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` }, index: 0 }
  const message = { role: 'assistant', content: 'Here.', images: [image] }
  const head = { id: 'c', object: 'chat.completion', model: 'm' }
  const chunk = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason }] })}\n\n`
  const stream = [chunk({ content: 'Here.' }, null), chunk({ images: [image] }, null), chunk({}, 'stop')].join('')
  gateway.simulator.enqueue(
    { body: JSON.stringify({ ...head, choices: [{ index: 0, message, finish_reason: 'stop' }] }) },
    { body: `${stream}data: [DONE]\n\n`, headers: { 'content-type': 'text/event-stream' } },
  )

  const texts: string[] = []
  for (const isStream of [false, true]) {
    texts.push(await (await post(gateway, bodyOf(client, isStream), { path: client.path })).text())
  }

  const records = await gateway.settled(2)
  expect(records.map(({ dropped }) => dropped)).toEqual(lost === null ? [[], []] : [[lost], [lost]])
  for (const text of texts) expect([text.includes('Here.'), text.includes(PNG)]).toEqual([true, lost === null])
  await gateway.stop()
})

test('what a web search adds to an answer of Claude is told to a Chat client as lost', async () => {
  const claude = await openProxy()
  const blocks = [{ raw: { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} } }, { text: 'Found.' }]
  claude.simulator.enqueue({ blocks })

  const response = await post(
    claude,
    { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    { path: '/v1/chat/completions' },
  )

  expect(response.headers.get('x-lynkr-dropped')).toBe('answer.server_tool_use')
  expect(await response.text()).toContain('Found.')
  await claude.stop()
})

describe('the pages that a Chat answer cites', () => {
  const CITED = {
    type: 'url_citation',
    url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 4 },
  }
  const head = { id: 'c', object: 'chat.completion', model: 'm' }
  const chunk = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason }] })}\n\n`

  test.each([
    ['behind the text', [{ content: 'Here.' }, { content: '', annotations: [CITED] }]],
    ['before the text', [{ role: 'assistant', annotations: [CITED, CITED] }, { content: 'Here.' }]],
  ])('are named as lost to clients of other dialects where they stand %s', async (_, deltas) => {
    const gateway = await openProxy({ provider: rowProvider('openrouter') })
    const message = { role: 'assistant', content: 'Here.', annotations: [CITED] }
    const stream = [...deltas.map((delta) => chunk(delta, null)), chunk({}, 'stop'), 'data: [DONE]\n\n'].join('')

    for (const client of CLIENTS.filter(({ name }) => name !== 'chat')) {
      gateway.simulator.enqueue(
        { body: JSON.stringify({ ...head, choices: [{ index: 0, message, finish_reason: 'stop' }] }) },
        { body: stream, headers: { 'content-type': 'text/event-stream' } },
      )
      for (const isStream of [false, true]) {
        const answer = await post(gateway, bodyOf(client, isStream), { path: client.path })
        expect(await answer.text()).toContain('Here.')
      }
    }

    const records = await gateway.settled(4)
    expect(records.map(({ dropped }) => dropped)).toEqual(Array.from({ length: 4 }, () => ['answer.citations']))
    await gateway.stop()
  })
})
