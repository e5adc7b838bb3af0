import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSOptions } from 'bun'
import { otherNameCertificate, ownNameCertificate } from '../faults/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-sessions-'))
const certificate = ownNameCertificate()
const file = join(folder, 'ca.pem')
writeFileSync(file, String(certificate.cert))
const closing: (() => unknown)[] = []

afterAll(() => {
  for (const close of closing) close()
  rmSync(folder, { recursive: true })
})

const HOUR_MS = 3_600_000

test('a new connection resumes the session of the one before, for an hour', async () => {
  const server = openServer(certificate)
  const ask = openAsker(server.port)

  for (const laterMs of [0, 0, HOUR_MS - 1, 1, 0]) expect(await ask(laterMs)).toBe('200')

  expect(server.resumed).toEqual([false, true, true, false, true])
})

test('a session with which no connection was made is not offered again', async () => {
  const server = openServer(certificate)
  const ask = openAsker(server.port)
  await ask(0)

  server.cutNext()

  expect(await ask(0)).toStartWith('ECONN')
  expect([await ask(0), await ask(0)]).toEqual(['200', '200'])
  expect(server.resumed).toEqual([false, false, true])
})

test('a server that does not know the session has its certificate looked at', async () => {
  const first = openServer(certificate)
  const ask = openAsker(first.port)
  await ask(0)
  first.stop()

  const restarted = openServer(certificate, first.port)
  const answer = await ask(0)
  restarted.stop()
  openServer(otherNameCertificate(), first.port)

  expect([answer, await ask(0)]).toEqual(['200', 'DEPTH_ZERO_SELF_SIGNED_CERT'])
  expect(restarted.resumed).toEqual([false])
})

/** Closes each connection behind its answer, and says of each whether hands were shaken by an earlier session. */
function openServer(tls: TLSOptions, port = 0) {
  const resumed: boolean[] = []
  let isCut = false
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port,
    tls,
    socket: {
      open(socket) {
        if (isCut) socket.terminate()
        isCut = false
      },
      // Without it `open` would come when hands are shaken.
      handshake: () => undefined,
      data(socket) {
        resumed.push(socket.isSessionReused())
        socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}')
      },
    },
  })
  const stop = (): void => server.stop(true)
  closing.push(stop)
  return {
    port: server.port,
    resumed,
    stop,
    cutNext() {
      isCut = true
    },
  }
}

/** What Bun trusts is decided when a process starts. */
function openAsker(port: number): (laterMs: number) => Promise<string> {
  const child = Bun.spawn([process.execPath, `${import.meta.dir}/ask-anew.ts`, `https://localhost:${port}/`], {
    env: { HOME: folder, PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: file },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  closing.push(() => child.kill())
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader()
  return async (laterMs) => {
    child.stdin.write(`${laterMs}\n`)
    child.stdin.flush()
    const { value = '' } = await lines.read()
    return value.trim()
  }
}
