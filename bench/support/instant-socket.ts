import type { Socket, SocketHandler } from 'bun'

/**
 * Stands for `Bun.connect`: a connection that costs nothing, whose other end answers every whole POST at once, with the
 * same bytes.
 */
export function instantConnect(answer: string): (options: { readonly socket: SocketHandler }) => Promise<Socket> {
  return async ({ socket: handler }) => {
    let left = 0
    const respond = (): void => void handler.data?.(socket, Buffer.from(answer))
    const ends = { end: nothing, terminate: nothing, pause: nothing, resume: nothing, setKeepAlive: nothing }
    // What of a socket lynkr's connections use.
    const socket = {
      ...ends,
      write(bytes: Buffer): number {
        if (left === 0) left = wholeBytes(bytes)
        left -= bytes.length
        if (left === 0) queueMicrotask(respond)
        return bytes.length
      },
    } as unknown as Socket
    handler.open?.(socket)
    handler.handshake?.(socket, true, null)
    return socket
  }
}

/** Of a request that begins with these bytes. */
function wholeBytes(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n')
  const length = /\r\ncontent-length: (\d+)/.exec(bytes.toString('latin1', 0, end))?.[1]
  return end + 4 + Number(length ?? 0)
}

function nothing(): void {
  // There is nothing behind it.
}
