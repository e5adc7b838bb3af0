import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { otherNameCertificate } from '../faults/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'lynkr-trust-'))
const certificate = otherNameCertificate()
const file = join(folder, 'ca.pem')
writeFileSync(file, String(certificate.cert))
const server = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: certificate, fetch: () => new Response('ok') })

afterAll(async () => {
  await server.stop(true)
  rmSync(folder, { recursive: true })
})

// What Bun trusts is decided when a process starts.
test.each([
  ['a certificate that nobody vouches for', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['one that the operator vouches for, of another name', { NODE_EXTRA_CA_CERTS: file }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
])('own connections ask a server with %s', async (_, env, expected) => {
  const command = [process.execPath, `${import.meta.dir}/ask-once.ts`, `https://127.0.0.1:${server.port}/`]
  const child = Bun.spawn(command, {
    env: { HOME: folder, PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })

  expect((await new Response(child.stdout).text()).trim()).toBe(expected)
})
