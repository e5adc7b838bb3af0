import type { Json } from '../core/json.ts'
import { anthropicMessage, anthropicRecords } from './anthropic-writer.ts'
import { awsEvent, awsException } from './aws-event-writer.ts'
import { chatCompletion, chatRecords } from './chat-writer.ts'
import { converseAnswer, converseRecords } from './converse-writer.ts'
import { errorBody, errorRecord, type Failure } from './errors.ts'
import { geminiAnswer, geminiRecords } from './gemini-writer.ts'
import type { Ids } from './ids.ts'
import type { Flavor } from './profile.ts'
import type { Reply } from './reply.ts'
import type { InferenceRequest } from './request.ts'
import { responsesRecords, responsesWhole } from './responses-writer.ts'

/** How a kind of vendor writes what the model says. */
export interface Voice {
  readonly streamType: string
  requestId(ids: Ids): string
  whole(reply: Reply, request: InferenceRequest, ids: Ids): Json
  /** The stream, record by record. */
  records(reply: Reply, request: InferenceRequest, ids: Ids): Iterable<Uint8Array>
  /** What breaks off a stream that has begun. */
  breakOff(failure: Failure, ids: Ids): Uint8Array
}

const encoder = new TextEncoder()

const SSE_TYPE = 'text/event-stream; charset=utf-8'

function* encoded(records: Iterable<string>): Generator<Uint8Array> {
  for (const record of records) yield encoder.encode(record)
}

const MESSAGES: Voice = {
  streamType: SSE_TYPE,
  requestId: (ids) => ids.anthropicRequest(),
  whole: anthropicMessage,
  records: (...args) => encoded(anthropicRecords(...args)),
  breakOff: (failure, ids) => encoder.encode(errorRecord('anthropic', failure, ids)),
}

/** Claude behind InvokeModel: every event wrapped in a chunk, and no pings. */
const BEDROCK: Voice = {
  ...MESSAGES,
  streamType: 'application/vnd.amazon.eventstream',
  requestId: (ids) => ids.amazonRequest(),
  *records(reply, request, ids) {
    for (const record of anthropicRecords(reply, request, ids)) {
      const data = record.slice(record.indexOf('data: ') + 6, -2)
      if (data.startsWith('{"type":"ping"')) continue
      const padding = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.slice(0, data.length % 52)
      yield awsEvent('chunk', { bytes: Buffer.from(data).toString('base64'), p: padding })
    }
  },
  breakOff: ({ status, errorType, message }) =>
    awsException(errorType ?? exceptionOf(status), message ?? 'The system encountered an error, try again.'),
}

function exceptionOf(status: number): string {
  if (status === 429) return 'throttlingException'
  if (status === 400) return 'validationException'
  return status === 503 || status === 529 ? 'serviceUnavailableException' : 'internalServerException'
}

function chat(flavor: Flavor): Voice {
  return {
    streamType: SSE_TYPE,
    requestId: (ids) => ids.chatRequest(),
    whole: chatCompletion,
    records: (...args) => encoded(chatRecords(...args)),
    breakOff: (failure, ids) => encoder.encode(errorRecord(flavor, failure, ids)),
  }
}

const GEMINI: Voice = {
  streamType: SSE_TYPE,
  requestId: (ids) => ids.chatRequest(),
  whole: geminiAnswer,
  records: (...args) => encoded(geminiRecords(...args)),
  breakOff: (failure) => encoder.encode(`data: ${JSON.stringify(errorBody('gemini', failure, ''))}\r\n\r\n`),
}

const CONVERSE: Voice = { ...BEDROCK, whole: converseAnswer, records: converseRecords }

const VOICES: Readonly<Record<Flavor, Voice>> = {
  anthropic: MESSAGES,
  vertex: MESSAGES,
  bedrock: BEDROCK,
  gemini: GEMINI,
  converse: CONVERSE,
  openai: chat('openai'),
  azure: chat('azure'),
  databricks: chat('databricks'),
  responses: {
    ...chat('responses'),
    whole: responsesWhole,
    records: (...args) => encoded(responsesRecords(...args)),
  },
}

export function voiceOf(flavor: Flavor): Voice {
  return VOICES[flavor]
}
