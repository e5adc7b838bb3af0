import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { MODELS_DISCOVERED_MAX } from '../../src/core/limits.ts'
import { readModelList } from '../../src/routing/model-list.ts'

describe('a model list is read', () => {
  test.each([
    [
      "in OpenAI's form",
      { object: 'list', data: [{ id: 'gpt-5.5', object: 'model', created: 7, owned_by: 'openai' }] },
      [{ id: 'gpt-5.5', displayName: null, createdS: 7 }],
    ],
    [
      "in Anthropic's",
      { data: [{ type: 'model', id: 'claude-x', display_name: 'Claude X', created_at: '1970-01-01T00:01:00Z' }] },
      [{ id: 'claude-x', displayName: 'Claude X', createdS: 60 }],
    ],
    [
      "in Gemini's, without the folder of the name",
      { models: [{ name: 'models/gemini-x', displayName: 'Gemini X' }] },
      [{ id: 'gemini-x', displayName: 'Gemini X', createdS: null }],
    ],
    ['empty', { data: [] }, []],
    [
      'with the same name twice as one',
      { data: [{ id: 'a' }, { id: 'a' }] },
      [{ id: 'a', displayName: null, createdS: null }],
    ],
    [
      'without what is no usable entry',
      {
        data: [
          null,
          7,
          'a',
          {},
          { id: '' },
          { id: 7 },
          { id: 'x'.repeat(257) },
          { id: 'a\nb' },
          { id: 'ok', created: -1 },
        ],
      },
      [{ id: 'ok', displayName: null, createdS: null }],
    ],
  ])('%s', (_, json, expected) => {
    expect(readModelList(json)).toEqual(expected)
  })

  test.each([[null], ['text'], [7], [[]], [{}], [{ data: 'x' }], [{ error: { message: 'no' } }]])(
    'not in %p',
    (json) => {
      expect(readModelList(json)).toBeNull()
    },
  )

  test('up to a bound', () => {
    const data = Array.from({ length: MODELS_DISCOVERED_MAX + 1 }, (_, i) => ({ id: `m${i}` }))

    expect(readModelList({ data })).toHaveLength(MODELS_DISCOVERED_MAX)
  })

  test('whatever the provider sends: never a throw, and every name can be shown on a line', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (data) => {
        for (const { id } of readModelList({ data }) ?? []) expect(id).not.toMatch(/[\n\r]/)
      }),
    )
  })
})
