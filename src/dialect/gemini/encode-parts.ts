import type { Block, MediaSource } from '../../core/block.ts'
import { type Json, textOf, tryObject } from '../../core/json.ts'
import { type DropList, droppedName } from '../dropped.ts'
import { toldText } from '../told-text.ts'

/** Source: Gemini API, image understanding, 2026. */
const PICTURES = /^image\/(png|jpeg|webp|heic|heif)$/i

export function textPart(text: string): Json {
  return { text }
}

/** Parts of a user's turn or a tool's result. */
export function encodeUserParts(blocks: readonly Block[], dropped: DropList): Json[] {
  return blocks.flatMap((block) => {
    if (block.type !== 'opaque') dropped.addCarrier(block)
    switch (block.type) {
      case 'text':
        return block.text === '' ? [] : [textPart(block.text)]
      case 'image':
        if (block.source.type === 'base64' && !PICTURES.test(block.source.mediaType)) {
          dropped.add('image')
          return [textPart(`[a picture was here that this model cannot be shown: ${block.source.mediaType}]`)]
        }
        return encodeMedia(block.source, 'image/jpeg', 'image', dropped)
      case 'document': {
        const title = block.title === undefined ? [] : [textPart(block.title)]
        return [...title, ...encodeMedia(block.source, 'application/pdf', 'document', dropped)]
      }
      case 'opaque': {
        const sound = trySound(block.payload)
        if (sound !== null) return [sound]
        dropped.add(droppedName('block', textOf(tryObject(block.payload)?.type)))
        const text = toldText(block.payload)
        return text === '' ? [] : [textPart(text)]
      }
      default:
        dropped.add(`user.${block.type}`)
        return []
    }
  })
}

/** A recording as both of OpenAI's dialects have it, which Gemini hears; `null` for any other block. */
function trySound(payload: unknown): Json | null {
  const wire = tryObject(payload)
  const { data, format }: Json = tryObject(wire?.input_audio) ?? {}
  if (wire?.type !== 'input_audio' || textOf(data) === '' || !/^[a-z0-9]+$/.test(textOf(format))) return null
  return { inlineData: { mimeType: `audio/${textOf(format)}`, data } }
}

/** @param usual the media type of an address that does not tell it */
function encodeMedia(source: MediaSource, usual: string, name: string, dropped: DropList): Json[] {
  switch (source.type) {
    case 'base64':
      return [{ inlineData: { mimeType: source.mediaType, data: source.data } }]
    case 'url':
      return [{ fileData: { mimeType: typeOfAddress(source.url) ?? usual, fileUri: source.url } }]
    case 'text':
      return [textPart(source.text)]
    case 'file':
      dropped.add(`${name}.file`)
      return []
  }
}

function typeOfAddress(url: string): string | null {
  const [, ending = ''] = /\.([a-z]+)(?:[?#]|$)/i.exec(url) ?? []
  return TYPES[ending.toLowerCase()] ?? null
}

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  pdf: 'application/pdf',
}
