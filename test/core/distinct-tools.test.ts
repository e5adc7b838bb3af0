import { expect, test } from 'bun:test'
import { distinctTools } from '../../src/core/distinct-tools.ts'
import type { Tool } from '../../src/core/request.ts'
import { requestOf } from '../dialect/openai-chat/support.ts'

const tool = (name: string, description = 'd'): Tool => ({ type: 'function', name, description, parameters: {} })
const search: Tool = { type: 'opaque', name: 'a', opaque: { dialect: 'openai-chat', members: {} } }

test('tools of a name each are left as they are', () => {
  const request = requestOf({ tools: [tool('a'), tool('b'), search, search] })

  expect(distinctTools(request).request).toBe(request)
})

test('of several tools of one name the first is kept, and the loss named unless they are copies', () => {
  const copies = distinctTools(requestOf({ tools: [tool('a'), search, tool('b'), tool('a')] }))
  const others = distinctTools(requestOf({ tools: [tool('a'), tool('a', 'other'), tool('a')] }))

  expect([copies.request.tools, copies.repairs]).toEqual([[tool('a'), search, tool('b')], []])
  expect([others.request.tools, others.repairs]).toEqual([[tool('a')], ['tools.repeated']])
})
