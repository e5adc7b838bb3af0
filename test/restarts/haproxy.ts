import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPrograms } from '../support/debian.ts'

/**
 * Two instances or more behind one port of loopback, none of them asked unless `/health/ready` says 200: one that says it is
 * not is left out at once, one that is slow to answer after three seconds.
 */
export async function startHaproxy(options: { folder: string; front: number; ports: readonly number[] }) {
  const { folder, front, ports } = options
  const [program] = await installPrograms(['haproxy'], ['haproxy'])
  const servers = ports.map((port, i) => `  server s${i} 127.0.0.1:${port} check inter 250ms fall 1 rise 1`)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 2s\n  timeout client 60s\n  timeout server 60s\n  timeout check 3s\n  retries 0\nfrontend f\n  bind 127.0.0.1:${front}\n  default_backend b\nbackend b\n  balance roundrobin\n  option httpchk\n  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host 127.0.0.1\n  http-check expect status 200\n${servers.join('\n')}\n`,
  )
  const child = Bun.spawn([program ?? 'haproxy', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'ignore'] })
  await Bun.sleep(1_000)
  return child
}
