import { expect, test } from 'bun:test'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { openaiResponsesUpstream } from '../../../src/dialect/openai-responses/index.ts'
import { assistantTurn, call, requestOf, result, userTurn } from './support.ts'

test.each([
  ['cut short', '{"cmd": "ls', '{"INVALID_JSON":"{\\"cmd\\": \\"ls"}'],
  ['that is no object', '"ls"', '{"INVALID_JSON":"\\"ls\\""}'],
  ['that is not there', '', '{}'],
  ['with an id of 64 bits', '{ "id": 9223372036854775807 }', '{ "id": 9223372036854775807 }'],
])('an earlier call with an argument %s is JSON of an object, which servers read again', (_, inputJson, sent) => {
  const turns = [userTurn('go'), assistantTurn(call('c1', 'Bash', inputJson)), userTurn(result('c1', 'no'))]
  const request = requestOf({ turns })
  const profile = { model: 'm', quirks: {} }

  const chat = Object(openaiChatUpstream.encodeRequest(request, profile).json)
  const responses = Object(openaiResponsesUpstream.encodeRequest(request, profile).json)

  expect(chat.messages[1].tool_calls[0].function.arguments).toBe(sent)
  expect(responses.input[1].arguments).toBe(sent)
})
