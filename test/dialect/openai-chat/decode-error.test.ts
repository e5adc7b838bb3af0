import { describe, expect, test } from 'bun:test'
import type { ErrorKind } from '../../../src/core/errors.ts'
import { openaiChatSurface, openaiChatUpstream } from '../../../src/dialect/openai-chat/index.ts'

function failure(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: new Headers(), body: new TextEncoder().encode(text) }
}

function openai(message: string, code: string | null = null, type = 'invalid_request_error') {
  return { error: { message, type, param: null, code } }
}

describe('context overflow reads as Claude Code knows it', () => {
  const OVERFLOWS: [server: string, status: number, body: unknown, wording: string][] = [
    [
      'OpenAI',
      400,
      openai(
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 8500 tokens.",
        'context_length_exceeded',
      ),
      'prompt is too long: 8500 tokens > 8192 maximum',
    ],
    [
      'OpenAI, of the limit that GPT-5 has',
      400,
      openai(
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300212 tokens. Please reduce the length of the messages.',
        'context_length_exceeded',
      ),
      'prompt is too long: 300212 tokens > 272000 maximum',
    ],
    [
      'vLLM, thousands apart',
      400,
      openai("This model's maximum context length is 32,768 tokens. However, your request has 40,000 input tokens."),
      'prompt is too long: 40000 tokens > 32768 maximum',
    ],
    [
      'vLLM, answer too long',
      400,
      openai(
        "'max_tokens' is too large: 128000. This model's maximum context length is 32768 tokens and your request has 100 input tokens (128000 > 32768 - 100).",
      ),
      'input length and `max_tokens` exceed context limit: 100 + 128000 > 32768, decrease input length or `max_tokens` and try again',
    ],
    [
      'DeepSeek, prompt fits',
      400,
      openai(
        "This model's maximum context length is 65536 tokens. However, you requested 70000 tokens (60000 in the messages, 10000 in the completion).",
      ),
      'input length and `max_tokens` exceed context limit: 60000 + 10000 > 65536, decrease input length or `max_tokens` and try again',
    ],
    [
      'DeepSeek, prompt too long',
      400,
      openai(
        "This model's maximum context length is 65536 tokens. However, you requested 76000 tokens (66000 in the messages, 10000 in the completion).",
      ),
      'prompt is too long: 66000 tokens > 65536 maximum',
    ],
    [
      'OpenRouter',
      400,
      {
        error: {
          code: 400,
          message:
            "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (139000 of text input, 1000 in the output).",
        },
      },
      'prompt is too long: 139000 tokens > 131072 maximum',
    ],
    [
      'llama.cpp, in fields',
      400,
      {
        error: {
          message: 'the request exceeds the available context size',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 9000,
          n_ctx: 4096,
        },
      },
      'prompt is too long: 9000 tokens > 4096 maximum',
    ],
    [
      'llama.cpp, as 500',
      500,
      openai('request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it'),
      'prompt is too long: 9000 tokens > 4096 maximum',
    ],
    [
      'Mistral',
      400,
      {
        message:
          'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      },
      'prompt is too long: 40000 tokens > 32768 maximum',
    ],
    [
      'Gemini',
      400,
      [
        {
          error: {
            code: 400,
            message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
          },
        },
      ],
      'prompt is too long: 1200000 tokens > 1048576 maximum',
    ],
    [
      'Grok',
      400,
      { error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens." },
      'prompt is too long: 537812 tokens > 131072 maximum',
    ],
    [
      'vLLM, old',
      400,
      { object: 'error', message: 'The decoder prompt (length 5000) is longer than the maximum model length of 4096.' },
      'prompt is too long: 5000 tokens > 4096 maximum',
    ],
    [
      'Moonshot',
      400,
      openai('Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)'),
      'prompt is too long: 300000 tokens > 262144 maximum',
    ],
    [
      'Databricks, Claude behind it',
      400,
      {
        error_code: 'BAD_REQUEST',
        message: '{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}',
      },
      'prompt is too long: 210000 tokens > 200000 maximum',
    ],
    [
      'DashScope',
      400,
      openai('Range of input length should be [1, 30720]'),
      'prompt is too long: more than the 30720 tokens maximum',
    ],
    ['Bedrock', 400, { message: 'Input is too long for requested model.' }, 'prompt is too long for this model'],
    [
      'OpenAI, newer',
      400,
      openai('Your input exceeds the context window of this model.'),
      'prompt is too long for this model',
    ],
    ['a code alone', 400, openai('too much', 'context_length_exceeded'), 'prompt is too long for this model'],
    ['LiteLLM', 400, openai('litellm.ContextWindowExceededError: oops'), 'prompt is too long for this model'],
    [
      'Groq',
      413,
      openai('Please reduce the length of the messages or completion.'),
      'prompt is too long for this model',
    ],
  ]
  for (const [server, status, body, wording] of OVERFLOWS) {
    test(server, () => {
      const error = openaiChatUpstream.decodeError(failure(status, body))

      expect([error.kind, error.message]).toEqual(['upstream_rejected', wording])
      expect(error.detail.upstream?.status).toBe(status === 500 ? 400 : status)
      expect(openaiChatSurface.encodeError(error, 'req_1')).toMatchObject({
        error: { code: 'context_length_exceeded' },
      })
    })
  }

  test('a message of megabytes is only searched at its head', () => {
    const hostile = `maximum context length is 1 tokens ${'requested 1 tokens (1 of text '.repeat(100_000)}`

    expect(openaiChatUpstream.decodeError(failure(400, openai(hostile))).detail.isContextOverflow).toBe(true)
  })
})

describe('the kind of a failure', () => {
  const pay = "the provider's quota or spend limit is reached: pay"
  const KINDS: [name: string, status: number, body: unknown, kind: ErrorKind, message: string][] = [
    ['a plain refusal', 400, openai('bad'), 'upstream_rejected', 'bad'],
    ['a wrong credential', 401, openai('no key', 'invalid_api_key'), 'upstream_auth', 'no key'],
    ['a forbidden credential', 403, { error_code: 'PERMISSION_DENIED', message: 'no' }, 'upstream_auth', 'no'],
    [
      'an unknown endpoint of Databricks',
      404,
      { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'gone' },
      'upstream_rejected',
      'gone',
    ],
    [
      'FastAPI validation',
      422,
      { detail: [{ loc: ['body', 'n'], msg: 'must be 1' }] },
      'upstream_rejected',
      'body.n: must be 1',
    ],
    ['FastAPI text', 400, { detail: 'no' }, 'upstream_rejected', 'no'],
    ['Ollama', 404, { error: 'model not found' }, 'upstream_rejected', 'model not found'],
    ['a rate limit', 429, { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'slow' }, 'upstream_rate_limited', 'slow'],
    [
      'a rate limit by size, no overflow',
      429,
      openai('Please reduce the length of the messages'),
      'upstream_rate_limited',
      'Please reduce the length of the messages',
    ],
    ['an empty account at OpenAI', 429, openai('pay', 'insufficient_quota'), 'upstream_quota', pay],
    ['an empty account at OpenRouter', 402, { error: { code: 402, message: 'pay' } }, 'upstream_quota', pay],
    ['an empty account at z.ai', 429, { error: { code: '1113', message: 'pay' } }, 'upstream_quota', pay],
    ['a late answer', 408, {}, 'upstream_timeout', 'the upstream answered with status 408'],
    [
      'a model that failed, at TGI',
      424,
      { error: 'Request failed during generation', error_type: 'generation' },
      'upstream_error',
      'Request failed during generation',
    ],
    ['a page instead of JSON', 502, '<html>secret</html>', 'upstream_error', 'the upstream answered with status 502'],
    ['a redirect', 302, '', 'upstream_malformed', 'the upstream answered with status 302'],
  ]
  for (const [name, status, body, kind, message] of KINDS) {
    test(`${name} is ${kind}`, () => {
      const error = openaiChatUpstream.decodeError(failure(status, body))

      expect([error.kind, error.message, error.detail.upstream?.status]).toEqual([kind, message, status])
    })
  }
})
