import type { Dropped, EncodedRequest, UpstreamProfile } from '../../core/dialect.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { type Opaque, opaqueMembers } from '../../core/opaque.ts'
import type { ChatRequest, Tool, Turn } from '../../core/request.ts'
import { shortHash } from '../../core/short-hash.ts'
import { droppedName, nameMembers } from '../dropped.ts'
import { outputLimit } from '../output-limit.ts'
import { withPlainSchema } from '../plain-schema.ts'
import { choiceLeft } from '../tools/tool-choice.ts'
import { toolSchema } from '../tools/tool-schema.ts'
import { encodeCarrier } from './carrier.ts'
import { claudeVersion } from './claude-version.ts'
import { type Drop, encodeBlocks, saysSomething } from './encode-block.ts'
import { encodeReasoning } from './encode-reasoning.ts'
import { encodeSampling } from './encode-sampling.ts'
import { encodeStops } from './encode-stops.ts'
import { fitBody } from './fit-body.ts'
import { canBeStrict, fitFormat } from './fit-format.ts'
import { fitReasoning } from './fit-reasoning.ts'
import { withLegalNames } from './legal-names.ts'
import { CLOSING, placeTurns } from './place-turns.ts'

/** The API requires a limit. Where neither client nor policy gave one: what every current model can produce. */
const DEFAULT_OUTPUT_TOKENS_MAX = 32_000

/** A canonical request as the body for a Messages server. Law: what this dialect decoded comes back, semantically. */
export function encodeRequest(asked: ChatRequest, profile: UpstreamProfile): EncodedRequest {
  const dropped = new Set<Dropped>()
  const drop: Drop = (feature) => dropped.add(feature)
  const { model } = profile
  const reasoning = fitReasoning(asked, model, drop)
  const request = { ...withLegalNames(asked), reasoning, format: fitFormat(asked.format, model, drop) }
  const others = membersOf(request.opaque, drop, 'request')
  const stops = encodeStops(request.stopSequences, drop)
  const json = {
    ...others,
    model: profile.model,
    max_tokens: outputLimit(request.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS_MAX, profile),
    messages: encodeTurns(placeTurns(saidTurns(request.turns, drop), profile.model), drop),
    ...(request.system.length > 0 && { system: encodeBlocks(request.system, drop) }),
    ...encodeTools(request, profile, drop),
    ...(stops.length > 0 && { stop_sequences: stops }),
    ...encodeSampling(request, profile.model, drop),
    ...encodeReasoning(request, tryObject(others.output_config), drop),
    ...encodeMetadata(request, tryObject(others.metadata)),
    stream: request.stream,
  }
  const fitted = fitBody(json, profile)
  for (const lost of fitted.lost) drop(lost)
  return { json: fitted.json, dropped: [...dropped] }
}

/** Turns of which anything is left, for the others leave gaps; somebody must have said something. */
function saidTurns(turns: readonly Turn[], drop: Drop): readonly Turn[] {
  const said = turns.filter((turn) => {
    const says = saysSomething(turn)
    if (!says) encodeBlocks(turn.blocks, drop)
    return says
  })
  return said.length === 0 ? [{ role: 'user', blocks: [CLOSING] }] : said
}

function encodeTurns(turns: readonly Turn[], drop: Drop): Json[] {
  const messages = turns.map((turn) => encodeTurn(turn, drop)).filter((turn) => turn !== null)
  const last = messages.at(-1)
  return last?.role === 'assistant' ? messages.with(-1, withoutBlankEnd(last)) : messages
}

/** The beginning of an answer that the model is to go on with; the API refuses one that ends in blanks. */
function withoutBlankEnd(message: Json): Json {
  const content = Array.isArray(message.content) ? message.content : []
  const block = tryObject(content.at(-1))
  if (block?.type !== 'text') return message
  return { ...message, content: content.with(-1, { ...block, text: textOf(block.text).trimEnd() }) }
}

/** `null` for a turn of which nothing is left: the API refuses empty content. */
function encodeTurn(turn: Turn, drop: Drop): Json | null {
  const content = encodeBlocks(turn.blocks, drop)
  if (content.length === 0 && turn.blocks.length > 0) return null
  return { ...membersOf(turn.opaque, drop, 'turn'), role: turn.role, content }
}

/** `tools` and `tool_choice`; neither where no tool is left, for the API refuses a choice of nothing. */
function encodeTools(request: ChatRequest, profile: UpstreamProfile, drop: Drop): Json {
  const tools = request.tools.map((tool) => tryEncodeTool(tool, profile, drop)).filter((tool) => tool !== null)
  return tools.length === 0 ? {} : { tools, ...encodeToolChoice(request, drop) }
}

function tryEncodeTool(tool: Tool, { model, quirks }: UpstreamProfile, drop: Drop): Json | null {
  if (tool.type === 'opaque') {
    if (tool.opaque.dialect === 'anthropic') return tool.opaque.members
    drop(droppedName('tools', textOf(tool.opaque.members.type)))
    return null
  }
  membersOf(tool.opaque, drop, 'tools')
  const plain = withPlainSchema(tool, drop)
  const schema = encodeSchema(toolSchema(plain.parameters, quirks, drop))
  const isStrict = tool.strict === true && (claudeVersion(model) === null || canBeStrict(schema))
  if (tool.strict === true && !isStrict) drop('tools.strict')
  return {
    name: tool.name,
    ...(plain.description !== undefined && { description: plain.description }),
    input_schema: schema,
    // Not to be strict is what a tool is anyway; many servers do not know the word.
    ...(isStrict && { strict: true }),
    ...encodeCarrier(tool),
  }
}

/** A schema must say that it is an object; other dialects allow an empty one for no arguments. */
function encodeSchema(parameters: Json): Json {
  return parameters.type === undefined ? { type: 'object', ...parameters } : parameters
}

function encodeToolChoice(request: ChatRequest, drop: Drop): Json {
  const { parallelToolCalls, opaque } = request
  if (opaqueMembers(opaque, 'anthropic').tool_choice !== undefined) return {}
  const toolChoice = choiceLeft(request, 'anthropic', drop)
  const single = !parallelToolCalls && { disable_parallel_tool_use: true }
  switch (toolChoice.type) {
    case 'tool':
      return { tool_choice: { type: 'tool', name: toolChoice.name, ...single } }
    case 'auto':
      return { tool_choice: { type: 'auto', ...single } }
    case 'required':
      return { tool_choice: { type: 'any', ...single } }
    case 'none':
      return { tool_choice: { type: 'none' } }
    case 'unset':
      return single ? { tool_choice: { type: 'auto', ...single } } : {}
  }
}

function encodeMetadata({ userId }: ChatRequest, others: Json | null): Json {
  return userId === undefined ? {} : { metadata: { ...others, user_id: opaqueId(userId) } }
}

/** Longer ones are refused. */
const USER_ID_CHARS_MAX = 256

/** What could be an address or a phone number, which the API refuses as a person's name, and is one in Chat. */
const PERSONAL = /@|^\+?[\d\s().-]{7,}$/

function opaqueId(userId: string): string {
  return userId.length > USER_ID_CHARS_MAX || PERSONAL.test(userId) ? shortHash(userId) : userId
}

/** This dialect's own members; another's are dropped by name. */
function membersOf(opaque: Opaque | undefined, drop: Drop, prefix: string): Json {
  if (opaque !== undefined && opaque.dialect !== 'anthropic') nameMembers(opaque, prefix, drop)
  return opaqueMembers(opaque, 'anthropic')
}
