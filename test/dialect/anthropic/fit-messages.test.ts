import { describe, expect, test } from 'bun:test'
import { anthropicSurface, anthropicUpstream } from '../../../src/dialect/anthropic/index.ts'
import { LOCAL_MESSAGES_ROWS } from '../../../src/routing/rows-local.ts'
import { VENDOR_ROWS } from '../../../src/routing/rows-vendors.ts'

const ROWS = [...VENDOR_ROWS, ...LOCAL_MESSAGES_ROWS]
const quirksOf = (id: string) => ROWS.find((row) => row.id === id)?.quirks ?? {}

const user = { role: 'user', content: 'go' }
const use = { type: 'tool_use', id: 't', name: 'f', input: {} }
const thought = { type: 'thinking', thinking: 'hm', signature: 's' }
const asked = { role: 'assistant', content: [thought, use] }
const resultOf = (...content: object[]) => ({ type: 'tool_result', tool_use_id: 't', content })
const text = (said: string) => ({ type: 'text', text: said })

function fit(id: string, messages: readonly object[], more: object = {}, model = 'kimi-k2.6') {
  const body = { model, max_tokens: 9, messages, ...more }
  return anthropicUpstream.fitPassthrough(anthropicSurface.readEnvelope(body), { model, quirks: quirksOf(id) })
}

describe('a system message inside a conversation', () => {
  const environment = {
    role: 'system',
    content: [text('the environment'), { type: 'tool_addition', tool: {} }],
    output_config: { effort: 'low' },
  }
  const reminded = text('<system-reminder>\nthe environment\n</system-reminder>')

  test.each(['deepseek', 'moonshot', 'zai', 'vllm-anthropic', 'ollama-anthropic', 'llamacpp-anthropic'])(
    'is told as text of its user before %s, which knows no such message',
    (id) => {
      const { edits, lost } = fit(id, [user, environment, { role: 'user', content: [text('on')] }, asked])

      expect(edits.messages).toEqual([{ role: 'user', content: [text('go'), reminded, text('on')] }, asked])
      expect(lost).toEqual(['turn.output_config', 'block.tool_addition'])
    },
  )

  test('that is all of a beginning, or says nothing, makes no turn of its own', () => {
    const silent = { role: 'system', content: [{ type: 'tool_removal', tool: {} }] }

    expect(fit('deepseek', [environment, user, silent]).edits.messages).toEqual([
      { role: 'user', content: [reminded, text('go')] },
    ])
  })

  test('stays before Claude that the client asked for, and is told to an older one that stands in for it', () => {
    const editsFor = (model: string, sent: string) =>
      anthropicUpstream.fitPassthrough(
        anthropicSurface.readEnvelope({ model, max_tokens: 9, messages: [user, { ...environment, content: 'x' }] }),
        { model: sent, quirks: {} },
      ).edits.messages

    expect(editsFor('claude-opus-4-8', 'claude-opus-4-8')).toBeUndefined()
    expect(editsFor('claude-sonnet-4-5', 'claude-sonnet-4-5@20250929')).toBeUndefined()
    expect(editsFor('claude-opus-4-8', 'my-model')).toBeUndefined()
    expect(editsFor('claude-opus-4-8', 'claude-sonnet-4-5')).toEqual([
      { role: 'user', content: [text('go'), text('<system-reminder>\nx\n</system-reminder>')] },
    ])
  })
})

describe('a block that a server does not know', () => {
  test.each<[string, object, object[], string]>([
    [
      'a PDF',
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'x' }, title: 'a.pdf' },
      [text('[a document was here that this model cannot be shown: a.pdf]')],
      'block.document',
    ],
    [
      'a file of text',
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
      [text('words')],
      'block.document',
    ],
    [
      'a tool that was found',
      { type: 'tool_reference', tool_name: 'Read' },
      [text('[the tool Read can be called]')],
      'block.tool_reference',
    ],
    [
      'a document of parts',
      { type: 'document', source: { type: 'content', content: [text('one'), text('two')] }, title: 'a' },
      [text('a\none\ntwo')],
      'block.document',
    ],
    [
      'an upload',
      { type: 'container_upload', file_id: 'f' },
      [text('[a file was here that this model cannot be shown]')],
      'block.container_upload',
    ],
  ])('is told as text where it can be, in a result too: %s', (_, block, told, name) => {
    const turns = [{ role: 'user', content: [text('see'), block] }, asked, { role: 'user', content: [resultOf(block)] }]

    for (const id of ['moonshot', 'deepseek', 'ollama-anthropic']) {
      const { edits, lost } = fit(id, turns)

      expect(edits.messages).toEqual([
        { role: 'user', content: [text('see'), ...told] },
        asked,
        { role: 'user', content: [resultOf(...(told as object[]))] },
      ])
      expect(lost).toEqual([name])
    }
  })

  test('of an answer goes, and a blank stands for the thought that it was', () => {
    const redacted = { type: 'redacted_thinking', data: 'EqQB' }

    const { edits, lost } = fit('moonshot', [user, { role: 'assistant', content: [redacted, use] }, user])

    expect(Object(edits.messages)[1].content).toEqual([{ type: 'thinking', thinking: ' ', signature: '' }, use])
    expect(lost).toEqual(['block.redacted_thinking'])
  })

  test('changes nothing where there is none, and goes on to a server that knows it', () => {
    const search = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'web_search_result' }] }

    expect(fit('moonshot', [user, { role: 'assistant', content: [thought, search] }, user]).edits).toEqual({})
  })
})

describe('Kimi', () => {
  test('gets a blank before each answer that has no thought, which it would refuse', () => {
    const { edits } = fit('moonshot', [user, { role: 'assistant', content: [use] }, user])

    expect(Object(edits.messages)[1].content[0]).toEqual({ type: 'thinking', thinking: ' ', signature: '' })
  })

  test.each(['kimi-k2.7-code', 'kimi-k2.7-code-highspeed', 'kimi-k3'])(
    'as %s thinks anyway, and is asked neither for it nor for none, which it refuses',
    (model) => {
      for (const [thinking, lost] of [
        [{ type: 'disabled' }, ['thinking']],
        [{ type: 'adaptive' }, []],
      ] as const) {
        const fitted = fit('moonshot', [user], { thinking }, model)

        expect('thinking' in fitted.edits && fitted.edits.thinking).toBeUndefined()
        expect(fitted.lost).toEqual([...lost])
      }
      expect(fit('moonshot', [user], {}, model).edits).toEqual({})
      expect(fit('moonshot', [user], { thinking: { type: 'disabled' } }).edits).toEqual({})
    },
  )
})
