import { describe, expect, test } from 'bun:test'
import { type SocketHandler, type SocketPeer, type SocketState, socketServer } from '../../src/http/socket.ts'

const ENDINGS = ['drain', 'close'] as const

/** A socket whose buffer is full, and the route's end of it. */
function openFullSocket() {
  let peer: SocketPeer | null = null
  const handler: SocketHandler = {
    onOpen: (opened) => {
      peer = opened
    },
    onText: () => undefined,
    onBinary: () => undefined,
    onClose: () => undefined,
    leave: () => undefined,
  }
  const BACKPRESSURE = -1
  const data: SocketState = { handler, room: null }
  const full = { data, readyState: WebSocket.OPEN, send: () => BACKPRESSURE, close: () => undefined }
  // Of a socket the server uses no more than this.
  const socket = full as unknown as Bun.ServerWebSocket<SocketState>
  const server = socketServer(1_000, new Set())
  server.open?.(socket)
  return {
    send: (text: string) => Promise.resolve(peer?.send(text)),
    drain: () => server.drain?.(socket),
    close: () => server.close?.(socket, 1006, ''),
  }
}

describe('whoever waits for room on a WebSocket', () => {
  test.each(ENDINGS)('hears of it at its %s, though another message was sent meanwhile', async (ending) => {
    const socket = openFullSocket()
    const stream = socket.send('an event')
    const refusal = socket.send('a refusal')

    socket[ending]()

    expect(await Promise.all([stream, refusal])).toEqual([undefined, undefined])
  })

  test('waits anew when it is full again', async () => {
    const socket = openFullSocket()
    const first = socket.send('an event')
    socket.drain()
    await first
    let isSent = false
    const second = socket.send('another').then(() => {
      isSent = true
    })
    await Promise.resolve()

    expect(isSent).toBe(false)
    socket.drain()
    await second
  })
})
