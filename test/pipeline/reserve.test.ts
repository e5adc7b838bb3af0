import { expect, test } from 'bun:test'
import { ANONYMOUS } from '../../src/auth/principal.ts'
import { subjectOf } from '../../src/pipeline/reserve.ts'
import { target } from '../support/target.ts'

test.each([
  ['openai/gpt-6:nitro', 'openai/gpt-6'],
  ['openai/gpt-6:online:floor', 'openai/gpt-6'],
  ['qwen3:32b', 'qwen3:32b'],
  ['deepseek/deepseek-r1:free', 'deepseek/deepseek-r1:free'],
])('a budget or limit of a model counts %s as %s', (asked, counted) => {
  const subject = subjectOf({ principal: ANONYMOUS }, [target('openrouter', asked)])

  expect(subject.model).toBe(counted)
})
