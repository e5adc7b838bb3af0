import { connect } from 'node:net'

/**
 * Sends bytes over TCP as they are and reads until the server closes, or until `enough` is satisfied.
 * What no HTTP client would send can be sent.
 */
export function sendRaw(
  port: number,
  text: string | Uint8Array,
  enough: (answer: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (piece) => {
      answer += piece
      if (enough(answer)) socket.destroy()
    })
    socket.on('error', () => resolve(answer))
    socket.on('close', () => resolve(answer))
  })
}

/** Statuses of all answers in what came back. */
export function statusesOf(answer: string): readonly number[] {
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]))
}
