/** Types of content blocks that are billed by what they show, and not by their bytes. Anthropic's and OpenAI's. */
const MEDIA_TYPES: ReadonlySet<unknown> = new Set([
  'image',
  'image_url',
  'input_image',
  'document',
  'file',
  'input_file',
  'input_audio',
  'container_upload',
])

/** Images, documents and files in a request's messages or input, those inside of tool results too. O(number of blocks). */
export function countMedia({ messages, input }: Readonly<Record<string, unknown>>): number {
  let count = 0
  for (const message of [...listOf(messages), ...listOf(input)]) count += countIn(contentOf(message), true)
  return count
}

function countIn(blocks: readonly unknown[], isOuter: boolean): number {
  let count = 0
  for (const block of blocks) {
    if (typeof block !== 'object' || block === null) continue
    if ('type' in block && MEDIA_TYPES.has(block.type)) count++
    if (isOuter) count += countIn(contentOf(block), false)
  }
  return count
}

function contentOf(holder: unknown): readonly unknown[] {
  if (typeof holder !== 'object' || holder === null) return []
  if ('content' in holder) return listOf(holder.content)
  return 'output' in holder ? listOf(holder.output) : []
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
