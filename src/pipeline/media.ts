import { type Json, listOf, tryObject } from '../core/json.ts'

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
export function countMedia({ messages, input }: Json): number {
  let count = 0
  for (const message of [...listOf(messages), ...listOf(input)]) count += countIn(contentOf(message), true)
  return count
}

function countIn(blocks: readonly unknown[], isOuter: boolean): number {
  let count = 0
  for (const block of blocks) {
    if (MEDIA_TYPES.has(tryObject(block)?.type)) count++
    if (isOuter) count += countIn(contentOf(block), false)
  }
  return count
}

function contentOf(holder: unknown): readonly unknown[] {
  const object = tryObject(holder)
  return listOf(object?.content ?? object?.output)
}
