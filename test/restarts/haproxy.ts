import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPrograms } from '../support/debian.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/server-process.ts'

/**
 * Two instances or more behind one port of loopback, none of them asked unless `/health/ready` says 200: one that says twice
 * that it is not is left out, as by the manifests; one that is only slow, as all are on a loaded machine, is not. Resolves when
 * the balancer sends requests to all of them.
 */
export async function startHaproxy(options: { folder: string; front: number; ports: readonly number[] }) {
  const { folder, front, ports } = options
  const statistics = await freePort()
  const [program] = await installPrograms(['haproxy'], ['haproxy'])
  const servers = ports.map((port, i) => `  server s${i} 127.0.0.1:${port} check inter 250ms fall 2 rise 1`)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    `global\n  maxconn 4000\ndefaults\n  mode http\n  timeout connect 60s\n  timeout client 60s\n  timeout server 60s\n  timeout check 30s\n  retries 0\nfrontend f\n  bind 127.0.0.1:${front}\n  default_backend b\nbackend b\n  balance roundrobin\n  option httpchk\n  http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host 127.0.0.1\n  http-check expect status 200\n${servers.join('\n')}\nfrontend statistics\n  bind 127.0.0.1:${statistics}\n  stats enable\n  stats uri /\n`,
  )
  const child = Bun.spawn([program ?? 'haproxy', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'ignore'] })
  /** Found to be up by a check, for before the first one an instance is only believed to be. */
  const isUp = async (at: number): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${statistics}/;csv`).catch((): null => null)
    const lines = (await answer?.text())?.split('\n') ?? []
    const columns = lines.find((line) => line.startsWith(`b,s${at},`))?.split(',') ?? []
    return columns.includes('UP') && columns.includes('L7OK')
  }
  for (const at of ports.keys()) await eventually(() => isUp(at))
  return {
    kill: () => child.kill('SIGKILL'),
    /** Resolves when the balancer sends requests to this instance: nobody restarts the next one before. */
    untilUp: (at: number): Promise<void> => eventually(() => isUp(at)),
  }
}
