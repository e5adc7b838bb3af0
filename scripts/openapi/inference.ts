import { z } from 'zod'
import { type Endpoint, json } from './endpoint.ts'

const message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(z.looseObject({}))]) })
const model = z.string().describe('A name or an alias; `[1m]` and the like at its end are taken off.')
const stream = z.boolean().optional().describe('Answer as server-sent events.')

const messagesRequest = z.looseObject({
  model,
  max_tokens: z.int().positive().describe('Longest answer, in tokens; lowered if no budget can pay for more.'),
  messages: z.array(message).min(1),
  stream,
})
const chatRequest = z.looseObject({ model, messages: z.array(message).min(1), stream })
const counted = z.looseObject({ model, messages: z.array(message).min(1) })
const responsesRequest = z.looseObject({ model, input: z.union([z.string(), z.array(z.unknown())]).optional(), stream })
const embeddings = z.looseObject({ model, input: z.union([z.string(), z.array(z.unknown())]) })

const ANY = z.looseObject({})
const REFUSALS = {
  400: 'The request is wrong; the message names the JSON path.',
  401: 'No key, or one that lynkr does not know.',
  403: 'The key may not do this.',
  404: 'Nothing can route the model; near names are listed.',
  413: 'The body is larger than LYNKR_BODY_BYTES_MAX.',
  429: 'A budget is used up (billing_error, x-should-retry: false) or a rate limit is reached (Retry-After).',
  502: 'The upstream cannot be reached or answers nonsense.',
  503: 'Load is shed, or every circuit breaker on the way is open (529 to Anthropic clients).',
  504: 'The upstream did not answer in time.',
} as const

const TAG = 'Inference'
const OPEN =
  'Fields that lynkr does not know go through; what the provider has no place for is named in `x-lynkr-dropped`.'

/** What clients of the vendors' APIs call, in the vendors' own formats. */
export const INFERENCE: readonly Endpoint[] = [
  {
    method: 'post',
    path: '/v1/messages',
    tag: TAG,
    summary: 'Anthropic Messages',
    description: OPEN,
    door: 'client',
    body: messagesRequest,
    answer: json(ANY.describe('A message, or its events where `stream` is true.')),
    others: REFUSALS,
  },
  {
    method: 'post',
    path: '/v1/messages/count_tokens',
    tag: TAG,
    summary: 'Tokens of a prompt, never too few',
    description:
      'Asked of the provider where it counts; else, or where its answer is no count, counted here and rounded up.',
    door: 'client',
    body: counted,
    answer: json(z.looseObject({ input_tokens: z.int().nonnegative() })),
    others: REFUSALS,
  },
  {
    method: 'post',
    path: '/v1/chat/completions',
    tag: TAG,
    summary: 'OpenAI Chat Completions',
    description: OPEN,
    door: 'client',
    body: chatRequest,
    answer: json(ANY.describe('A completion, or its chunks where `stream` is true.')),
    others: REFUSALS,
  },
  {
    method: 'post',
    path: '/v1/responses',
    tag: TAG,
    summary: 'OpenAI Responses',
    description: OPEN,
    door: 'client',
    body: responsesRequest,
    answer: json(ANY.describe('A response, or its events where `stream` is true.')),
    others: REFUSALS,
  },
  {
    method: 'get',
    path: '/v1/responses',
    tag: TAG,
    summary: 'OpenAI Responses over a WebSocket',
    description:
      'Each `response.create` is a request by itself, one at a time; its events come as text messages. `generate: false` warms up, `previous_response_id` sends only what is new.',
    door: 'client',
    answer: { status: 101 },
    others: { 401: REFUSALS[401], 403: REFUSALS[403], 426: 'The request does not ask for a WebSocket.' },
  },
  {
    method: 'post',
    path: '/v1/responses/input_tokens',
    tag: TAG,
    summary: 'Tokens of a prompt in the form of Responses, never too few',
    door: 'client',
    body: responsesRequest,
    answer: json(z.looseObject({ input_tokens: z.int().nonnegative() })),
    others: REFUSALS,
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    tag: TAG,
    summary: 'OpenAI Embeddings',
    door: 'client',
    body: embeddings,
    answer: json(ANY),
    others: REFUSALS,
  },
  {
    method: 'get',
    path: '/v1/models',
    tag: TAG,
    summary: 'Models that can be asked for',
    description: 'One list in the form of both vendors.',
    door: 'client',
    answer: json(z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) })),
    others: { 401: REFUSALS[401] },
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    tag: TAG,
    summary: 'One model',
    door: 'client',
    answer: json(z.looseObject({ id: z.string() })),
    others: { 401: REFUSALS[401], 404: REFUSALS[404] },
  },
]
