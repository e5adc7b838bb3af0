import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'bun'
import { createEngine, type Engine } from '../../src/sandbox/engine.ts'

/** An engine that can be lost without stopping the real one: its client talks through a socket of this process. */
export interface RelayedEngine extends Disposable {
  readonly engine: Engine
  /** From now on nothing passes in either direction; connections stay open. */
  hang(): void
  /** Every connection is cut, and no new one is taken. */
  stop(): void
  /** New connections pass again, as to an engine that was started anew. */
  recover(): void
}

interface Half {
  peer: Socket<Half> | null
  /** What came before the peer was there. */
  early: Uint8Array[]
}

/** @param folder a temporary one, for the socket */
export async function relayEngine(real: Engine, folder: string): Promise<RelayedEngine> {
  const target = (real.environment.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '')
  const unix = join(folder, 'relay.sock')
  const open = new Set<Socket<Half>>()
  let isHung = false

  const data = (socket: Socket<Half>, bytes: Uint8Array): void => {
    if (isHung) return
    if (socket.data.peer === null) socket.data.early.push(bytes.slice())
    else socket.data.peer.write(bytes)
  }
  const close = (socket: Socket<Half>): void => {
    open.delete(socket)
    socket.data?.peer?.end()
  }
  const listen = () =>
    Bun.listen<Half>({
      unix,
      socket: {
        async open(socket) {
          socket.data = { peer: null, early: [] }
          open.add(socket)
          const peer = await Bun.connect<Half>({
            unix: target,
            data: { peer: socket, early: [] },
            socket: { data, close },
          })
          open.add(peer)
          for (const bytes of socket.data.early) peer.write(bytes)
          socket.data.peer = peer
        },
        data,
        close,
      },
    })
  let listener = listen()
  const stop = (): void => {
    listener.stop(true)
    for (const socket of open) socket.terminate()
    rmSync(unix, { force: true })
  }
  return {
    engine: createEngine({ ...real, environment: { ...real.environment, DOCKER_HOST: `unix://${unix}` } }),
    hang() {
      isHung = true
    },
    stop,
    recover() {
      stop()
      isHung = false
      listener = listen()
    },
    [Symbol.dispose]: stop,
  }
}
