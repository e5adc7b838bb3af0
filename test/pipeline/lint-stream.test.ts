import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { SURFACES } from '../../src/cli/surfaces.ts'
import { ProxyError } from '../../src/core/errors.ts'
import { openGuard } from '../../src/core/guard.ts'
import { replay } from '../../src/core/replay.ts'
import { SURFACE_NAMES, type SurfaceName } from '../../src/pipeline/guess-surface.ts'
import { type LintReport, lintStream } from '../../src/pipeline/lint-stream.ts'
import { anyEvent, anyResponse, RUNS } from '../arbitraries.ts'
import { EMPTY_REQUEST } from '../support/empty-request.ts'
import { CHAT_PROVIDER, openProxy, post, type TestProxy } from '../support/proxy.ts'

const lint = (text: string, surface: SurfaceName | null = null): LintReport =>
  lintStream(new TextEncoder().encode(text), surface)
const told = ({ findings }: LintReport): string[] =>
  findings.map((one) => `${one.line} ${one.severity}: ${one.message}`)

describe('recorded streams of real servers', () => {
  const broken = new Set(['cut-before-finish'])
  const fixtures = ['anthropic', 'openai-chat'].flatMap((dialect) =>
    readdirSync(`test/fixtures/${dialect}`)
      .filter((name) => name.endsWith('.sse'))
      .map((name) => [dialect, name.slice(0, -4)] as const),
  )

  test.each(fixtures)('%s %s', async (dialect, name) => {
    const report = lint(await Bun.file(`test/fixtures/${dialect}/${name}.sse`).text())
    const errors = report.findings.filter(({ severity }) => severity === 'error')

    expect(report.surface).toBe(dialect === 'anthropic' ? 'messages' : 'chat')
    if (broken.has(name)) expect(told(report).join('\n')).toContain('the stream ends without message_stop')
    else expect(errors).toEqual([])
  })
})

describe.each(SURFACE_NAMES)('what lynkr writes for %s is clean', (name) => {
  const surface = SURFACES[name]
  const options = { requestId: 'r', wallMs: 0, request: EMPTY_REQUEST }

  test('whatever legal stream it is', () => {
    fc.assert(
      fc.property(anyResponse(surface.id), (response) => {
        const encoder = surface.openEncoder(options)
        const text = replay(response)
          .map((event) => encoder.push(event))
          .join('')

        expect(told(lint(text, name))).toEqual([])
      }),
      RUNS,
    )
  })

  test('whatever the guard makes of any events', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const guard = openGuard(() => undefined)
        const encoder = surface.openEncoder(options)
        const cut = { type: 'error', kind: 'stream_interrupted', message: 'cut' } as const
        const legal = [...events, cut].flatMap((event) => guard.push(event))
        const text = legal.map((event) => encoder.push(event)).join('')

        // What a call's argument says is the model's business.
        expect(told(lint(text, name)).filter((line) => !/(is|are) not JSON/.test(line))).toEqual([])
      }),
      RUNS,
    )
  })

  test('and an error event ends it', () => {
    const error = new ProxyError('upstream_timeout', 'too slow')
    const encoder = surface.openEncoder(options)
    const whole =
      encoder.push({ type: 'start', id: 'x', model: 'm' }) +
      encoder.push({ type: 'error', kind: error.kind, message: 'x' })

    expect(lint(whole, name)).toMatchObject({ ending: 'error', findings: [] })
  })
})

describe.each([
  ['anthropic', {}],
  ['openai', CHAT_PROVIDER],
])('a stream over HTTP from %s', (_, members) => {
  let proxy: TestProxy
  beforeAll(async () => {
    proxy = await openProxy({ provider: members })
  })
  afterAll(() => proxy.stop())

  test.each([
    ['messages', '/v1/messages'],
    ['chat', '/v1/chat/completions'],
  ] as const)('is clean for %s', async (name, path) => {
    proxy.simulator.enqueue({
      blocks: [{ thinking: 'hm' }, { text: 'Good.' }, { tool: { name: 'run', input: { a: 1 }, id: 'call_1' } }],
    })
    const tool = { name: 'run', description: 'd' }
    const tools =
      name === 'messages' ? [{ ...tool, input_schema: { type: 'object' } }] : [{ type: 'function', function: tool }]
    const body = { model: 'm', max_tokens: 50, stream: true, tools, messages: [{ role: 'user', content: 'hi' }] }

    const report = lint(await (await post(proxy, body, { path })).text())

    expect(report.surface).toBe(name)
    expect(told(report)).toEqual([])
    expect(report.ending).toBe('finished')
  })
})

const MESSAGE = '{"type":"message","id":"m","role":"assistant","model":"x","content":[],"usage":{"input_tokens":1}}'
const START = `event: message_start\ndata: {"type":"message_start","message":${MESSAGE}}\n\n`
const TEXT =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
const CALL =
  'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"n","input":{}}}\n\n'
const STOP = 'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
const DELTA =
  'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
const END = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
const bit = (json: string): string =>
  `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":${json}}\n\n`
const SAY = bit('{"type":"text_delta","text":"x"}')

const chunk = (choice: object, more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, ...choice }], ...more })}\n\n`
const HELLO_CHUNK = chunk({ delta: { role: 'assistant', content: 'x' } })
const REASON = chunk({ delta: {}, finish_reason: 'stop' })
const DONE = 'data: [DONE]\n\n'
const call = (json: object): string => chunk({ delta: { role: 'assistant', tool_calls: [json] } })

const numbered = (types: readonly (readonly [string, object])[]): string =>
  types
    .map(([type, more], i) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: i, ...more })}\n\n`)
    .join('')
const CREATED = ['response.created', { response: { id: 'r' } }] as const
const ADDED = ['response.output_item.added', { output_index: 0, item: { id: 'i', type: 'message' } }] as const
const ITEM_DONE = ['response.output_item.done', { output_index: 0, item: { id: 'i', type: 'message' } }] as const
const completed = (output: readonly object[]) =>
  ['response.completed', { response: { id: 'r', output, usage: {} } }] as const

describe('a broken stream', () => {
  const cases: readonly [SurfaceName, string, string][] = [
    ['messages', START + TEXT + SAY + STOP + DELTA, '16 error: the stream ends without message_stop'],
    ['messages', TEXT + STOP + DELTA + END, '2 error: block_start before start'],
    ['messages', START + TEXT + TEXT + STOP + DELTA + END, '8 error: block 0 starts inside block 0'],
    ['messages', START + SAY + DELTA + END, '5 error: delta for block 0, which is not open'],
    ['messages', START + CALL + SAY + STOP + DELTA + END, '8 error: text delta in a tool_use block'],
    ['messages', START + TEXT + DELTA + END, '11 error: finish with block 0 open'],
    ['messages', START + TEXT + STOP + END, '11 error: message_stop before any message_delta with a stop_reason'],
    ['messages', START + DELTA + END + SAY, '11 error: content_block_delta after the end'],
    ['messages', START + START + DELTA + END, '5 error: second start'],
    ['messages', `${START}event: ping\ndata: {"type":"pong"}\n\n${DELTA}${END}`, '5 error: the event line says ping'],
    ['messages', `${START}data: {"type":"ping"}\n\n${DELTA}${END}`, '4 error: ping has no event line'],
    ['messages', `${START}event: ping\ndata: {oops\n\n${DELTA}${END}`, '5 error: ping is no JSON object'],
    ['messages', `${START}event: pong\ndata: {"type":"pong"}\n\n${DELTA}${END}`, '5 warning: pong is no event'],
    [
      'messages',
      START + CALL + bit('{"type":"input_json_delta","partial_json":"{\\"a"}') + STOP + DELTA + END,
      '11 error: the argument of the tool call is not JSON',
    ],
    [
      'messages',
      START.replace('"usage":{"input_tokens":1}', '"x":1') + DELTA + END,
      '2 error: message_start: usage is missing',
    ],
    [
      'messages',
      `${START + DELTA}event: message_stop\ndata: {"type":"message_stop"}`,
      '8 warning: the last record has no blank line',
    ],
    ['chat', HELLO_CHUNK + REASON, '5 error: the stream ends without [DONE]'],
    ['chat', HELLO_CHUNK + DONE, '3 error: choice 0 has no finish_reason'],
    ['chat', HELLO_CHUNK + REASON + HELLO_CHUNK + DONE, '5 error: choice 0 goes on after its finish_reason'],
    ['chat', HELLO_CHUNK + REASON + REASON + DONE, '5 error: choice 0 has a second finish_reason'],
    ['chat', HELLO_CHUNK + chunk({ delta: {} }, { id: 'd' }) + REASON + DONE, '3 error: the id changes'],
    ['chat', HELLO_CHUNK + REASON + DONE + DONE, '7 error: a record after the end'],
    [
      'chat',
      call({ index: 0, function: { name: 'n', arguments: '{}' } }) + REASON + DONE,
      '1 error: tool call 0 begins without an id',
    ],
    [
      'chat',
      call({ index: 1, id: 't', function: { name: 'n' } }) + REASON + DONE,
      '1 error: tool call 1 where 0 is due',
    ],
    [
      'chat',
      call({ index: 0, id: 't', function: { name: 'n', arguments: '{"a' } }) + REASON + DONE,
      '5 error: the arguments of tool call 0 are not JSON',
    ],
    ['chat', `${HELLO_CHUNK}data: nonsense\n\n${REASON}${DONE}`, '3 error: the record is no JSON object'],
    ['chat', chunk({ delta: { content: 'x' } }) + REASON + DONE, '1 warning: choice 0 begins without role'],
    ['responses', numbered([CREATED, ADDED, completed([])]), '8 error: item 0 is still open'],
    [
      'responses',
      numbered([CREATED, ITEM_DONE, completed([])]),
      '5 error: response.output_item.done for item 0, which is not open',
    ],
    [
      'responses',
      numbered([CREATED, ADDED, ITEM_DONE, completed([])]),
      '11 error: response.completed holds 0 items, of which 1',
    ],
    [
      'responses',
      numbered([ADDED, ITEM_DONE, completed([{}])]),
      '2 error: response.output_item.added before response.created',
    ],
    [
      'responses',
      numbered([CREATED]) + numbered([CREATED, completed([])]),
      '5 error: sequence_number 0 where 1 is due',
    ],
    ['responses', numbered([CREATED, ADDED]), '7 error: the stream ends without response.completed'],
  ]

  test.each(cases)('of %s: %#', (surface, text, finding) => {
    expect(told(lint(text, surface)).join('\n')).toContain(finding)
  })

  test('of any bytes gets findings, and never another throw than that it is unknown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...SURFACE_NAMES, null), (bytes, surface) => {
        try {
          lintStream(bytes, surface)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ProxyError)
          expect(surface).toBeNull()
        }
      }),
      RUNS,
    )
  })

  test('that is not UTF-8 is told so', () => {
    const bytes = Buffer.concat([
      Buffer.from(HELLO_CHUNK + REASON),
      Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]),
    ])

    expect(told(lintStream(bytes, 'chat'))[0]).toBe('5 error: the record is not valid UTF-8')
  })

  test('has right line numbers with any line ends and comments', () => {
    const text = `: hello\n\n${HELLO_CHUNK}${REASON}${DONE}${DONE}`

    for (const end of ['\n', '\r\n', '\r']) {
      expect(told(lint(text.replaceAll('\n', end)))).toEqual(['9 error: a record after the end of the stream'])
    }
  })
})
