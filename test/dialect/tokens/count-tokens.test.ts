import { expect, test } from 'bun:test'
import type { Block } from '../../../src/core/block.ts'
import { openTextCounter } from '../../../src/dialect/tokens/count-text.ts'
import { countTokens } from '../../../src/dialect/tokens/count-tokens.ts'
import { requestOf, tool, userTurn } from '../openai-chat/support.ts'

const base = countTokens(requestOf({ turns: [userTurn()] }))

const WORDS = 'seven plain words that count for tokens '.repeat(5)
const BLOCKS: Block[] = [
  { type: 'text', text: WORDS },
  { type: 'refusal', text: WORDS },
  { type: 'thinking', text: WORDS, signature: '' },
  { type: 'thinking', text: '', signature: WORDS },
  { type: 'redacted_thinking', data: WORDS },
  { type: 'tool_use', id: 'a', name: 'T', inputJson: JSON.stringify({ WORDS }) },
  { type: 'tool_result', toolUseId: 'a', content: [{ type: 'text', text: WORDS }], isError: false },
  { type: 'image', source: { type: 'url', url: 'https://h/x' } },
  { type: 'document', source: { type: 'text', text: WORDS } },
  { type: 'document', source: { type: 'base64', mediaType: 'application/pdf', data: 'AAAA' } },
  { type: 'opaque', dialect: 'anthropic', payload: { WORDS }, deltas: [] },
]
for (const block of BLOCKS) {
  test(`${JSON.stringify(block).slice(0, 60)}… counts`, () => {
    expect(countTokens(requestOf({ turns: [userTurn(block)] }))).toBeGreaterThan(base + 30)
  })
}

test('prompt, tools and the schema of the answer count', () => {
  for (const members of [
    { system: [{ type: 'text', text: WORDS }] as const },
    { tools: [{ ...tool('T'), description: WORDS }] },
    { format: { type: 'json_schema', schema: { WORDS } } as const },
  ]) {
    expect(countTokens(requestOf({ turns: [userTurn()], ...members }))).toBeGreaterThan(base + 30)
  }
})

test('Claude, which makes more tokens of the same text, gets a wider margin', () => {
  const request = requestOf({ turns: [userTurn(WORDS)] })

  expect(countTokens(request, 'databricks-claude-opus-5-5')).toBeGreaterThan(countTokens(request, 'gpt-6.1-sol'))
})

test('names of control tokens are text', () => {
  expect(openTextCounter()('<|endoftext|>')).toBeGreaterThan(1)
})

test('stretches without a border are cut, so that the work grows with the length and not with its square', () => {
  const text = openTextCounter()
  const stretch = '漢字仮名'.repeat(64)

  const once = text(stretch)

  expect(once).toBeGreaterThan(64)
  expect(openTextCounter()(stretch.repeat(400))).toBeLessThanOrEqual(once * 400 + 400)
})

test('beyond what is really counted, the ratio holds', () => {
  const count = openTextCounter()('word '.repeat(200_000))

  expect(count).toBeGreaterThanOrEqual(200_000)
  expect(count).toBeLessThan(210_000)
})
