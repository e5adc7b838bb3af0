import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withEngineSettings } from '../src/config/reexec.ts'

/**
 * `bun bench/profile.ts [BODY-BYTES] [SECONDS]`: where the time of a request goes, by the function of ours that spent
 * it, natives it called included. The first 40 % of the samples are left out: there the compiler is still at work.
 */
const [bodyBytes = '1024', seconds = '8'] = process.argv.slice(2)
const WARM_UP_SHARE = 0.4
const ROWS_MAX = 40

const folder = mkdtempSync(join(tmpdir(), 'lynkr-profile-'))
const command = [process.execPath, '--cpu-prof', `--cpu-prof-dir=${folder}`, 'bench/profile/requests.ts']
const env = withEngineSettings(process.env)
const child = Bun.spawnSync([...command, bodyBytes, seconds], { env, stdout: 'ignore', stderr: 'pipe' })
const told = child.stderr.toString().trim().split('\n').at(-1)
if (!child.success) throw new Error(child.stderr.toString())

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile')) ?? ''
const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(join(folder, file), 'utf8'))
const byId = new Map(nodes.map((node) => [node.id, node]))
const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))

/** The innermost function of ours on the stack; `null` if the sample is none of lynkr's. */
function spender(sample: number): string | null {
  for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
    const frame = byId.get(id)?.callFrame
    const path = frame?.url.split('/src/')[1]
    if (path !== undefined && !path.includes('node_modules')) return `${path} ${frame?.functionName || '(closure)'}`
  }
  return null
}

const spentUs = new Map<string, number>()
let totalUs = 0
for (let i = Math.floor(samples.length * WARM_UP_SHARE); i < samples.length; i++) {
  const name = spender(samples[i] ?? 0)
  if (name === null) continue
  const us = timeDeltas[i] ?? 0
  spentUs.set(name, (spentUs.get(name) ?? 0) + us)
  totalUs += us
}
console.log(`body of ${bodyBytes} bytes; under the profiler, with what makes the requests: ${told}\n`)
for (const [name, us] of [...spentUs].sort((a, b) => b[1] - a[1]).slice(0, ROWS_MAX)) {
  console.log(`${((us / totalUs) * 100).toFixed(1).padStart(5)} %  ${name}`)
}
