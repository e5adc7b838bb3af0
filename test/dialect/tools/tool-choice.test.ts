import { expect, test } from 'bun:test'
import { UPSTREAMS } from '../../../src/cli/surfaces.ts'
import { requestOf, tool } from '../openai-chat/support.ts'

const SEARCH = {
  type: 'opaque',
  name: 'search',
  opaque: { dialect: 'gemini', members: { type: 'web_search' } },
} as const

const TOLD = ['tool_choice', 'toolConfig']

test.each(Object.values(UPSTREAMS).filter(({ id }) => id !== 'gemini'))(
  'a tool that $id cannot offer is not asked for either, beside others that it can',
  ({ encodeRequest }) => {
    const request = requestOf({ tools: [tool('Read'), SEARCH], toolChoice: { type: 'tool', name: 'search' } })

    const { json, dropped } = encodeRequest(request, { model: 'claude-sonnet-4-5', quirks: {} })

    expect(JSON.stringify(TOLD.map((member) => json[member]))).not.toContain('search')
    expect(dropped).toContain('tool_choice')
  },
)

test('a tool that Gemini cannot offer is not asked for either', () => {
  const search = { ...SEARCH, opaque: { ...SEARCH.opaque, dialect: 'anthropic' } } as const
  const request = requestOf({ tools: [tool('Read'), search], toolChoice: { type: 'tool', name: 'search' } })

  const { json, dropped } = UPSTREAMS.gemini.encodeRequest(request, { model: 'gemini-3-pro', quirks: {} })

  expect(json.toolConfig).toBeUndefined()
  expect(dropped).toContain('tool_choice')
})
