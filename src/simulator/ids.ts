import { seededRandom } from '../core/random.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const HEX = '0123456789abcdef'

/** Names in each vendor's own form, one after another. The same seed and ordinal give the same names. */
export interface Ids {
  anthropicRequest(): string
  amazonRequest(): string
  message(): string
  toolUse(): string
  chatRequest(): string
  completion(): string
  toolCall(): string
  fingerprint(): string
  signature(): string
  response(): string
  item(kind: 'msg' | 'rs' | 'fc' | 'ctc'): string
}

/**
 * @param seed     the simulator's
 * @param ordinal  0-based count of requests before this one
 */
export function openIds(seed: number, ordinal: number): Ids {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(ordinal + 1, 0x85ebca6b))
  const draw = (length: number, alphabet: string): string => {
    let name = ''
    for (let i = 0; i < length; i++) name += alphabet[Math.floor(random() * alphabet.length)]
    return name
  }
  return {
    anthropicRequest: () => `req_011C${draw(20, BASE62)}`,
    amazonRequest: () => [8, 4, 4, 4, 12].map((length) => draw(length, HEX)).join('-'),
    message: () => `msg_01${draw(22, BASE62)}`,
    toolUse: () => `toolu_01${draw(22, BASE62)}`,
    chatRequest: () => `req_${draw(32, HEX)}`,
    completion: () => `chatcmpl-${draw(29, BASE62)}`,
    toolCall: () => `call_${draw(24, BASE62)}`,
    fingerprint: () => `fp_${draw(10, HEX)}`,
    response: () => `resp_${draw(48, HEX)}`,
    item: (kind) => `${kind}_${draw(48, HEX)}`,
    signature: () => `Eq${draw(90, BASE62)}==`,
  }
}
