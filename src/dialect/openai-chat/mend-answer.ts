import type { Frame, Mender, Quirks } from '../../core/dialect.ts'
import { type Json, listOf, textOf, tryObject } from '../../core/json.ts'
import { parseFrame } from '../frame.ts'
import { readReasoningPart } from './reasoning.ts'
import { sseData } from './sse.ts'

/**
 * Databricks writes reasoning among the parts of `content`, of which OpenAI's clients know but text: their libraries add
 * up what they take for words, or refuse the answer. It becomes `reasoning_content`, its signature `reasoning_details`,
 * as in every other answer of lynkr's.
 */
export function menderOf({ reasoningField }: Readonly<Quirks>): Mender | null {
  return reasoningField === 'content' ? MENDER : null
}

const MENDER: Mender = {
  frame(frame) {
    if (!holdsList(frame)) return null
    const mended = withChoices(parseFrame(frame), 'delta')
    return mended === null ? null : sseData(mended)
  },
  answer: (json) => withChoices(tryObject(json) ?? {}, 'message'),
}

const CONTENT = Buffer.from('"content"')
const COLON = 0x3a
const BRACKET = 0x5b
const SPACE = 0x20

/** Whether `content` is a list somewhere in it; most frames hold a few words, and are not parsed for this. */
function holdsList({ data }: Frame): boolean {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  for (let at = buffer.indexOf(CONTENT); at !== -1; at = buffer.indexOf(CONTENT, at)) {
    at += CONTENT.length
    while (at < buffer.length && (buffer[at] === COLON || (buffer[at] ?? 0) <= SPACE)) at++
    if (buffer[at] === BRACKET) return true
  }
  return false
}

function withChoices(answer: Json, member: 'delta' | 'message'): Json | null {
  let isMended = false
  const choices = listOf(answer.choices).map((choice) => {
    const said = tryObject(tryObject(choice)?.[member])
    const mended = said === null ? null : withoutParts(said, member)
    if (mended === null) return choice
    isMended = true
    return { ...tryObject(choice), [member]: mended }
  })
  return isMended ? { ...answer, choices } : null
}

/** `null` for what is to go on as it came: words, and lists that hold something else. */
function withoutParts({ content, ...rest }: Json, member: 'delta' | 'message'): Json | null {
  if (!Array.isArray(content)) return null
  const parts = content.map(tryObject)
  if (!parts.every((part) => part?.type === 'reasoning' || part?.type === 'text')) return null
  let text = ''
  let thinking = ''
  let signature = ''
  for (const part of parts) {
    if (part?.type === 'text') text += textOf(part.text)
    else if (part !== null) {
      const reasoned = readReasoningPart(part)
      thinking += reasoned.text
      signature += reasoned.signature
    }
  }
  const isWhole = member === 'message'
  const detail = {
    type: 'reasoning.text',
    ...(isWhole && { text: thinking }),
    signature,
    ...(!isWhole && { index: 0 }),
  }
  return {
    ...rest,
    ...(text !== '' ? { content: text } : isWhole && { content: null }),
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(signature !== '' && { reasoning_details: [detail] }),
  }
}
