import { assertNever } from '../../core/assert.ts'
import type { Block, MediaSource } from '../../core/block.ts'
import type { ChatRequest, Tool } from '../../core/request.ts'
import { type CountText, openTextCounter } from './count-text.ts'

/**
 * What one o200k token can be elsewhere. Vendors other than OpenAI do not publish their tokenizers: Claude's makes
 * more tokens of the same text, the more the newer the model (Anthropic states up to 1.35 times between generations);
 * open-weight ones stay within a tenth. Too high a count compacts a little early; too low a one breaks the session.
 */
const MARGIN_PERCENT = { claude: 140, other: 110 } as const

/** Frame of a turn, a block or a tool: roles, separators, tags. */
const FRAME_TOKENS = 8

/** One image: 1,536 patches, the most that GPT models see, at their highest rate of 1.62. Claude: 1,600 at standard size. */
const IMAGE_TOKENS = 2_500

/** One page of a PDF is read as text (to 3,000 tokens, Anthropic's figure) and as an image. */
const PAGE_TOKENS = 3_000 + IMAGE_TOKENS

/** Least bytes of a page as found in PDFs of text; fewer bytes a page means more pages, so more tokens. */
const PAGE_BYTES = 20_000

/**
 * Input tokens of a request, never too low: every block, the tools and the prompt, with a margin, rounded up.
 * Linear in the text; ~4 ms for 138 KB of prose once the vocabulary is loaded.
 *
 * @param model decides the margin: the name the upstream knows, where it differs from the client's
 */
export function countTokens(request: ChatRequest, model: string = request.model): number {
  const text = openTextCounter()
  let tokens = FRAME_TOKENS
  for (const block of request.system) tokens += countBlock(block, text)
  for (const tool of request.tools) tokens += FRAME_TOKENS + countTool(tool, text)
  for (const turn of request.turns) {
    tokens += FRAME_TOKENS
    for (const block of turn.blocks) tokens += countBlock(block, text)
  }
  if (request.format.type === 'json_schema') tokens += text(JSON.stringify(request.format.schema))
  const margin = /claude/i.test(model) ? MARGIN_PERCENT.claude : MARGIN_PERCENT.other
  return Math.ceil((tokens * margin) / 100)
}

function countTool(tool: Tool, text: CountText): number {
  const extra = tool.opaque === undefined ? 0 : text(JSON.stringify(tool.opaque.members))
  if (tool.type === 'opaque') return text(tool.name) + extra
  return text(`${tool.name}\n${tool.description ?? ''}\n${JSON.stringify(tool.parameters)}`) + extra
}

function countBlock(block: Block, text: CountText): number {
  switch (block.type) {
    case 'text':
    case 'refusal':
      return FRAME_TOKENS + text(block.text)
    case 'thinking':
      return FRAME_TOKENS + text(block.text) + hiddenTokens(block.signature)
    case 'redacted_thinking':
      return FRAME_TOKENS + hiddenTokens(block.data)
    case 'tool_use':
      return FRAME_TOKENS + text(`${block.id}\n${block.name}\n${block.inputJson}`)
    case 'tool_result':
      return block.content.reduce((sum, inner) => sum + countBlock(inner, text), FRAME_TOKENS + text(block.toolUseId))
    case 'image':
      return FRAME_TOKENS + IMAGE_TOKENS
    case 'document':
      return FRAME_TOKENS + text(block.title ?? '') + countDocument(block.source, text)
    case 'opaque':
      return FRAME_TOKENS + text(JSON.stringify(block.payload))
    default:
      return assertNever(block)
  }
}

/** Sealed thinking is text in disguise: four characters a token, of bytes that base64 made a third longer. */
function hiddenTokens(sealed: string): number {
  return Math.ceil((sealed.length * 3) / 16)
}

/** Documents that are only named cannot be measured from here: they count as one page. */
function countDocument(source: MediaSource, text: CountText): number {
  if (source.type === 'text') return text(source.text)
  const bytes = source.type === 'base64' ? (source.data.length * 3) / 4 : 0
  return PAGE_TOKENS * Math.max(1, Math.ceil(bytes / PAGE_BYTES))
}
