import type { Envelope, OfferedTool } from '../../core/dialect.ts'
import { tryObject } from '../../core/json.ts'
import type { ChatRequest } from '../../core/request.ts'
import { invalid } from '../faults.ts'
import * as responses from '../openai-responses/decode-request.ts'
import {
  ACTED_ON_KEYS as RESPONSES_KEYS,
  readEnvelope as readResponsesEnvelope,
} from '../openai-responses/read-envelope.ts'
import { toolsOf as responsesToolsOf } from '../openai-responses/tools-of.ts'
import { decodeRequest as decodeChatRequest } from './decode-request.ts'
import { decodeTools } from './decode-tools.ts'
import { limitOutput as limitChatOutput } from './limit-output.ts'
import { ACTED_ON_KEYS as CHAT_KEYS, readEnvelope as readChatEnvelope } from './read-envelope.ts'
import { TOOL_MEMBERS as CHAT_MEMBERS, toolsOf as chatToolsOf } from './tools-of.ts'

/*
 * Cursor's agent sends a body of Responses to Chat's path where it knows the model for one of OpenAI's, with tools in any form,
 * and reads an answer of Chat. What is here takes either body; how an answer is written, Chat alone decides.
 */

export const ACTED_ON_KEYS: readonly string[] = [...new Set([...CHAT_KEYS, ...RESPONSES_KEYS])]
export const TOOL_MEMBERS: readonly string[] = [...CHAT_MEMBERS, 'input']

/** As Chat's, also for a body whose `input` is a list of items. Nothing of an earlier answer is known at this path. */
export function readEnvelope(json: unknown, shape: unknown = json): Envelope {
  const outline = tryObject(shape)
  if (outline?.messages !== undefined || !Array.isArray(outline?.input)) return readChatEnvelope(json, shape)
  if (typeof outline.previous_response_id === 'string') {
    throw invalid('previous_response_id', 'is for /v1/responses; send the whole input')
  }
  const envelope = readResponsesEnvelope(json, shape)
  responses.refuseUnsaid(envelope)
  return envelope
}

/** Whether the body is one of Responses. */
export function isResponsesBody({ outline }: Envelope): boolean {
  return outline.messages === undefined
}

export function decodeRequest(envelope: Envelope): ChatRequest {
  if (!isResponsesBody(envelope)) return decodeChatRequest(envelope)
  const { tools, tool_choice, stream_options: options, ...json } = envelope.json
  return {
    ...responses.decodeRequest({ ...envelope, json }),
    ...decodeTools({ tools, tool_choice }),
    wantsStreamUsage: tryObject(options)?.include_usage === true,
  }
}

export function toolsOf(envelope: Envelope): readonly OfferedTool[] {
  if (!isResponsesBody(envelope)) return chatToolsOf(envelope)
  const { tools: _, ...json } = envelope.json
  return [...chatToolsOf(envelope), ...responsesToolsOf({ ...envelope, json })]
}

export function limitOutput(envelope: Envelope, tokens: number): Readonly<Record<string, unknown>> {
  return isResponsesBody(envelope) ? { max_output_tokens: tokens } : limitChatOutput(envelope, tokens)
}
