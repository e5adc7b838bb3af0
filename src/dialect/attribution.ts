import type { TextBlock } from '../core/block.ts'

/** First words of the block by which Claude Code tells Anthropic's billing who calls. */
const ATTRIBUTION = 'x-anthropic-billing-header:'

/**
 * Whether a block of the prompt is for Anthropic's billing alone: it means nothing to others, and changes from request
 * to request, so that no prompt would be cached behind it.
 */
export function isAttribution({ text }: TextBlock): boolean {
  return text.startsWith(ATTRIBUTION)
}
