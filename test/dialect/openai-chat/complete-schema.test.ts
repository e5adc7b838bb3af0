import { describe, expect, test } from 'bun:test'
import type { Quirks } from '../../../src/core/dialect.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { EMPTY_REQUEST } from '../../support/empty-request.ts'

type Schema = Readonly<Record<string, unknown>>

/** The parameters of a tool as both of OpenAI's dialects send them. */
function sent(parameters: Schema, quirks: Quirks = {}): Schema {
  const request = { ...EMPTY_REQUEST, tools: [{ type: 'function' as const, name: 'plant', parameters }] }
  const profile = { model: 'gpt-6.1-sol', quirks }
  const chat = Object(openaiChatUpstream.encodeRequest(request, profile).json.tools)[0].function.parameters
  const responses = Object(openaiResponsesUpstream.encodeRequest(request, profile).json.tools)[0].parameters
  expect(responses).toEqual(chat)
  return chat
}

describe('a tool before OpenAI', () => {
  test.each<[name: string, parameters: Schema]>([
    ['without a word of its arguments', {}],
    ['that has none', { type: 'object' }],
    ['that names none', { type: 'object', properties: {} }],
  ])('has members, though there be none: %s', (_, parameters) => {
    expect(sent(parameters)).toEqual({ type: 'object', properties: {} })
  })

  test('says of every list what it holds, though it be anything', () => {
    const list = (items?: object) => ({ type: 'array', ...(items && { items }) })
    const parameters = {
      type: 'object',
      properties: {
        rows: list(list()),
        maybe: { anyOf: [{ type: ['array', 'null'] }, { type: 'string' }] },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, list()] },
        map: { type: 'object', additionalProperties: list() },
        default: { type: 'object', default: { type: 'array' } },
      },
      $defs: { Row: list() },
    }

    expect(sent(parameters)).toEqual({
      type: 'object',
      properties: {
        rows: list(list({})),
        maybe: { anyOf: [{ type: ['array', 'null'], items: {} }, { type: 'string' }] },
        pair: { type: 'array', prefixItems: [{ type: 'string' }, list({})], items: {} },
        map: { type: 'object', additionalProperties: list({}) },
        default: { type: 'object', default: { type: 'array' } },
      },
      $defs: { Row: list({}) },
    })
  })

  test('leaves lists open before a server that takes what holds anything for a list of objects', () => {
    const open = { type: 'object', properties: { rows: { type: 'array' } } }

    expect(sent(open, { toolSchemas: { openLists: true } })).toBe(open)
    expect(sent({ type: 'object' }, { toolSchemas: { openLists: true } })).toEqual({ type: 'object', properties: {} })
  })

  test('stays the same schema where nothing is missing', () => {
    const whole = { type: 'object', properties: { rows: { type: 'array', items: { type: 'string' } } } }

    expect(sent(whole)).toBe(whole)
  })
})
