/** The client's end of an open WebSocket. */
export interface SocketPeer {
  /** Resolves when there is room for more; at once where there is. Nothing happens on a closed socket. */
  send(text: string): Promise<void> | void
  close(code: number, reason: string): void
}

/** What a route does with the WebSocket it asked for. Nothing here may throw; a message that makes it ends the socket. */
export interface SocketHandler {
  onOpen(peer: SocketPeer): void
  onText(text: string): void
  onBinary(): void
  onClose(): void
  /** No new work should come here: the socket closes once what is under way has ended. */
  leave(): void
}

/** What a socket carries for its server. */
export interface SocketState {
  readonly handler: SocketHandler
  /** Resolves when the socket takes more. Several may wait for it: a refusal may be sent while a stream waits. */
  room: PromiseWithResolvers<void> | null
}

/** Asks the server behind `app.fetch`'s second argument to turn this request into a WebSocket. */
export function tryUpgrade(env: unknown, handler: SocketHandler): boolean {
  if (typeof env !== 'object' || env === null || !('upgrade' in env) || typeof env.upgrade !== 'function') return false
  return env.upgrade(handler) === true
}

/** True for a request that asks for a WebSocket. */
export function asksForSocket({ headers }: Request): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket'
}

/** Above the largest message that lynkr refuses in words; beyond that Bun closes the socket with 1009. */
const SLACK_BYTES = 1024 * 1024
/** A peer that answers no ping for so long is gone. */
const SILENT_SECONDS = 120

/** The server's side of all WebSockets. @param open the set that it keeps of those that are open */
export function socketServer(messageBytesMax: number, open: Set<SocketHandler>): Bun.WebSocketHandler<SocketState> {
  return {
    maxPayloadLength: messageBytesMax + SLACK_BYTES,
    idleTimeout: SILENT_SECONDS,
    sendPings: true,
    open(socket) {
      open.add(socket.data.handler)
      socket.data.handler.onOpen(peerOn(socket))
    },
    message(socket, message) {
      const { handler } = socket.data
      try {
        if (typeof message === 'string') handler.onText(message)
        else handler.onBinary()
      } catch (thrown) {
        // An exception would end the whole process, and a message concerns its own socket; a rejection is logged.
        socket.close(INTERNAL_ERROR, 'lynkr failed to read the message')
        void Promise.reject(thrown)
      }
    },
    drain(socket) {
      wake(socket)
    },
    close(socket) {
      open.delete(socket.data.handler)
      wake(socket)
      socket.data.handler.onClose()
    },
  }
}

function peerOn(socket: Bun.ServerWebSocket<SocketState>): SocketPeer {
  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN || socket.send(text) !== BACKPRESSURE) return
      socket.data.room ??= Promise.withResolvers()
      return socket.data.room.promise
    },
    close: (code, reason) => socket.close(code, reason),
  }
}

function wake({ data }: Bun.ServerWebSocket<SocketState>): void {
  data.room?.resolve()
  data.room = null
}

/** Close code of RFC 6455, section 7.4.1. */
const INTERNAL_ERROR = 1011

/** What `send` says where the message waits for the peer to read. */
const BACKPRESSURE = -1
