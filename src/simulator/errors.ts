import type { Json } from '../core/json.ts'
import { sse } from './anthropic-writer.ts'
import type { Ids } from './ids.ts'
import type { Flavor } from './profile.ts'
import type { Header } from './step.ts'

/** What a vendor says of a failure, before its envelope. Absent members are the vendor's usual for the status. */
export interface Failure {
  readonly status: number
  readonly errorType?: string | undefined
  readonly message?: string | undefined
  readonly param?: string | null
}

const ANTHROPIC: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ['invalid_request_error', 'The request was invalid'],
  401: ['authentication_error', 'invalid x-api-key'],
  402: ['billing_error', 'Your credit balance is too low to access the Anthropic API.'],
  403: ['permission_error', 'Your API key does not have permission to use the specified resource.'],
  404: ['not_found_error', 'Not found'],
  405: ['invalid_request_error', 'Method Not Allowed'],
  409: ['conflict_error', 'The resource was changed by another request'],
  413: ['request_too_large', 'Request exceeds the maximum size'],
  429: ['rate_limit_error', "This request would exceed your organization's rate limit."],
  500: ['api_error', 'Internal server error'],
  504: ['timeout_error', 'The request timed out'],
  529: ['overloaded_error', 'Overloaded'],
}

const OPENAI: Readonly<Record<number, readonly [type: string, code: string | null, message: string]>> = {
  400: ['invalid_request_error', null, 'The request was invalid'],
  401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided.'],
  403: ['invalid_request_error', 'forbidden', 'You are not allowed to use this model.'],
  404: ['invalid_request_error', 'not_found', 'Unknown request URL.'],
  413: ['invalid_request_error', 'request_too_large', 'Request body is too large.'],
  429: ['requests', 'rate_limit_exceeded', 'Rate limit reached for requests.'],
  500: ['server_error', null, 'The server had an error while processing your request.'],
  503: ['server_error', null, 'The engine is currently overloaded, please try again later.'],
}

const DATABRICKS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['BAD_REQUEST', 'The request was invalid'],
  401: ['UNAUTHENTICATED', 'Credential was not sent or was of an unsupported type for this API.'],
  403: ['PERMISSION_DENIED', 'You do not have permission to query this endpoint.'],
  404: ['RESOURCE_DOES_NOT_EXIST', 'The given endpoint does not exist.'],
  413: ['REQUEST_SIZE_EXCEEDED', 'The request body is too large.'],
  429: ['REQUEST_LIMIT_EXCEEDED', 'Exceeded the rate limit of the endpoint.'],
  500: ['INTERNAL_ERROR', 'Internal error'],
  503: ['TEMPORARILY_UNAVAILABLE', 'The endpoint is scaling up.'],
}

const AWS: Readonly<Record<number, readonly [exception: string, message: string]>> = {
  400: ['ValidationException', 'The request was invalid'],
  401: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  403: ['AccessDeniedException', 'You do not have access to the model with the specified model ID.'],
  404: ['ResourceNotFoundException', 'Could not resolve the foundation model from the provided model identifier.'],
  408: ['ModelTimeoutException', 'Model has timed out in processing the request.'],
  413: ['ValidationException', 'Request body is too large.'],
  424: ['ModelErrorException', 'The model had an error while processing the request.'],
  429: ['ThrottlingException', 'Too many tokens, please wait before trying again.'],
  500: ['InternalServerException', 'The system encountered an unexpected error during processing.'],
  503: ['ServiceUnavailableException', 'Bedrock is unable to process your request.'],
}

const GOOGLE: Readonly<Record<number, readonly [status: string, message: string]>> = {
  400: ['INVALID_ARGUMENT', 'Request contains an invalid argument.'],
  401: ['UNAUTHENTICATED', 'Request had invalid authentication credentials.'],
  403: ['PERMISSION_DENIED', 'Permission denied on resource.'],
  404: ['NOT_FOUND', 'Publisher Model was not found or your project does not have access to it.'],
  413: ['INVALID_ARGUMENT', 'Request payload size exceeds the limit.'],
  429: ['RESOURCE_EXHAUSTED', 'Resource exhausted. Please try again later.'],
  500: ['INTERNAL', 'An internal error has occurred.'],
  503: ['UNAVAILABLE', 'The service is currently unavailable.'],
}

/** Headers that belong to an error. */
export function errorHeaders(flavor: Flavor, { status, errorType }: Failure): readonly Header[] {
  if (flavor !== 'bedrock' && flavor !== 'converse') return []
  return [['x-amzn-errortype', errorType ?? AWS[status]?.[0] ?? 'InternalServerException']]
}

/** The body a vendor sends with a status. `requestId` is the one in the answer's headers. */
export function errorBody(flavor: Flavor, failure: Failure, requestId: string): Json {
  const { status, errorType, message, param = null } = failure
  if (flavor === 'anthropic') {
    const [type, text] = ANTHROPIC[status] ?? ['api_error', `Simulated status ${status}`]
    return { type: 'error', error: { type: errorType ?? type, message: message ?? text }, request_id: requestId }
  }
  if (flavor === 'bedrock' || flavor === 'converse')
    return { message: message ?? AWS[status]?.[1] ?? `Simulated status ${status}` }
  // What the model's own validation refuses comes through in its own envelope.
  if (flavor === 'vertex' || flavor === 'gemini') {
    if (status === 400 && flavor === 'vertex') return errorBody('anthropic', failure, requestId)
    const [name, text] = GOOGLE[status] ?? ['INTERNAL', `Simulated status ${status}`]
    return { error: { code: status, message: message ?? text, status: errorType ?? name } }
  }
  if (flavor === 'databricks') {
    const [code, text] = DATABRICKS[status] ?? ['INTERNAL_ERROR', `Simulated status ${status}`]
    return { error_code: errorType ?? code, message: message ?? text }
  }
  const [type, code, text] = OPENAI[status] ?? ['server_error', null, `Simulated status ${status}`]
  return { error: { message: message ?? text, type: errorType ?? type, param, code } }
}

/** The record with which a vendor breaks off a stream it has begun. */
export function errorRecord(flavor: Flavor, failure: Failure, ids: Ids): string {
  if (flavor === 'anthropic') {
    const { type: _, ...members } = errorBody(flavor, failure, ids.anthropicRequest())
    return sse('error', members)
  }
  if (flavor === 'responses') {
    const { message, code, type } = errorMembers(errorBody(flavor, failure, ''))
    return sse('error', { code: code ?? type, message, param: null, sequence_number: 0 })
  }
  return `data: ${JSON.stringify(errorBody(flavor === 'databricks' ? 'openai' : flavor, failure, ''))}\n\n`
}

function errorMembers({ error }: Json): Json {
  // Built just above, in the form of OpenAI's envelope.
  return error as Json
}
