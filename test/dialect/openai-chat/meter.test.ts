import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { FrameMeaning } from '../../../src/core/dialect.ts'
import { openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'
import { delta, frame, RUNS, usageChunk } from './support.ts'

function meterOf(...chunks: readonly unknown[]) {
  const meter = openaiChatUpstream.openMeter()
  const meanings = chunks.map((chunk) => meter.push(frame(chunk)))
  return { meter, meanings }
}

describe('the meter of a passing stream', () => {
  const FRAMES: [string, unknown, FrameMeaning][] = [
    ['the role', delta({ role: 'assistant', content: '' }), 'prelude'],
    ['a keep-alive', { choices: [] }, 'prelude'],
    ['text', delta({ content: 'a' }), 'content'],
    ['text that quotes a chunk', delta({ content: JSON.stringify(delta({}, 'stop')) }), 'content'],
    ['reasoning', delta({ reasoning: 'a' }), 'content'],
    ['a call', delta({ tool_calls: [{ index: 0 }] }), 'content'],
    ['an empty list of calls', delta({ tool_calls: [] }), 'prelude'],
    ['a finish', delta({}, 'stop'), 'finish'],
    ['text with a finish', delta({ content: 'a' }, 'stop'), 'finish'],
    ['an error', { error: { message: 'x' } }, 'error'],
    ['garbage', '{', 'error'],
    ['the end', '[DONE]', 'end'],
  ]
  for (const [name, chunk, meaning] of FRAMES) {
    test(`takes ${name} for ${meaning}`, () => {
      expect(meterOf(chunk).meanings).toEqual([meaning])
    })
  }

  test('does so too once text has flowed', () => {
    const quoted = delta({ content: JSON.stringify(delta({}, 'stop')) })

    expect(meterOf(delta({ content: 'a' }), quoted, delta({}, 'stop'), '[DONE]').meanings).toEqual([
      'content',
      'content',
      'finish',
      'end',
    ])
    expect(meterOf(delta({ content: 'a' }), { error: { message: 'x' } }).meanings).toEqual(['content', 'error'])
  })

  test('reads usage and model, and knows the frame that may be withheld', () => {
    const { meter } = meterOf(
      delta({ content: 'a' }),
      delta({}, 'stop'),
      usageChunk({ prompt_tokens: 10, completion_tokens: 4 }),
    )

    expect(meter.isUsageOnly?.()).toBe(true)
    expect(meter.usage()).toMatchObject({ inputTokens: 10, outputTokens: 4 })
    expect(meter.model()).toBe('model-used')
    expect(meterOf({ ...delta({}, 'stop'), usage: { prompt_tokens: 1 } }).meter.isUsageOnly?.()).toBe(false)
  })

  test('keeps what a report has told where a later one leaves it out, zeroes it or counts less', () => {
    const { meter } = meterOf(
      delta({ content: 'a' }),
      { ...delta({}, 'stop'), usage: { prompt_tokens: 10, completion_tokens: 4 } },
      usageChunk({ prompt_tokens: 0, completion_tokens: 0 }),
      usageChunk({ completion_tokens: 5 }),
      usageChunk({ prompt_tokens: 12, prompt_tokens_details: { cached_tokens: 2 }, completion_tokens: 1 }),
    )

    expect(meter.usage()).toMatchObject({ inputTokens: 10, cacheReadTokens: 2, outputTokens: 5 })
  })

  test('reads the tier of service that has a price of its own', () => {
    const told = (service_tier: unknown) =>
      meterOf({ ...usageChunk({ prompt_tokens: 1 }), service_tier }).meter.usage()?.extras?.rates

    expect(told('priority')).toEqual(['priority'])
    for (const plain of ['default', 'auto', '', null, 7]) expect(told(plain)).toBeUndefined()
  })

  test('tells sound and pictures from the rest of the output, of which they are a part', () => {
    const media = (completion_tokens_details: object) =>
      meterOf(usageChunk({ completion_tokens: 9, completion_tokens_details })).meter.usage()?.extras?.mediaTokens

    expect([media({ audio_tokens: 5 }), media({ image_tokens: 6 }), media({ audio_tokens: 99 })]).toEqual([5, 6, 9])
    expect(media({ audio_tokens: 0, reasoning_tokens: 4 })).toBeUndefined()
  })

  test('reads the usage that Groq tells in a place of its own', () => {
    const { meter } = meterOf(delta({ content: 'a' }), {
      ...delta({}, 'stop'),
      x_groq: { usage: { prompt_tokens: 10, completion_tokens: 4 } },
    })

    expect(meter.usage()).toMatchObject({ inputTokens: 10, outputTokens: 4 })
  })

  test('tells the error that a frame reports', () => {
    expect(meterOf({ error: { message: 'slow', code: 429 } }).meter.error()?.kind).toBe('upstream_rate_limited')
  })

  test('closes what had finished, and nothing else', () => {
    const said = delta({ content: 'a' })
    const done = delta({}, 'stop')

    expect(meterOf(said).meter.closing()).toBeNull()
    expect(meterOf(said, done).meter.closing()).toBe('data: [DONE]\n\n')
    expect(meterOf(said, done, '[DONE]').meter.closing()).toBeNull()
  })

  test('does not close while another answer of the same request goes on', () => {
    const of = (index: number, chunk: ReturnType<typeof delta>) => ({
      ...chunk,
      choices: chunk.choices.map((choice) => ({ ...choice, index })),
    })
    const [first, second] = [of(0, delta({ content: 'a' })), of(1, delta({ content: 'b' }))]
    const [firstDone, secondDone] = [of(0, delta({}, 'stop')), of(1, delta({}, 'stop'))]

    expect(meterOf(first, second, firstDone, second).meter.closing()).toBeNull()
    expect(meterOf(first, second, firstDone, second, secondDone).meter.closing()).toBe('data: [DONE]\n\n')
    expect(meterOf(first, firstDone, secondDone).meter.closing()).toBe('data: [DONE]\n\n')
    expect(meterOf(first, firstDone, first).meter.closing()).toBe('data: [DONE]\n\n')
  })

  test('counts bytes of answer without the envelope that every chunk repeats', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 20 }), (texts) => {
        const { meter } = meterOf(...['a', ...texts].map((content) => delta({ content })))

        expect(meter.contentBytes()).toBe(1 + texts.join('').length)
      }),
      { numRuns: RUNS },
    )
  })
})
