import type { LoadOptions, LoadResult } from '../load.ts'
import { bound, own } from './owned.ts'

const LOAD_TIMEOUT_MS = 60_000

/** Runs the load generator in a process of its own. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const child = spawnLoad(options)
  const text = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error('the load generator failed, or took over a minute')
  const result: LoadResult = JSON.parse(text)
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests + result.errors} requests failed`)
  return result
}

/** Opens streams that stay open until `close`. Resolves when every one of them has its first byte. */
export async function openStreams(
  options: LoadOptions,
): Promise<{ readonly open: number; readonly close: () => Promise<void> }> {
  const child = spawnLoad({ ...options, stream: true, hold: true })
  const { value } = await child.stdout.getReader().read()
  if (value === undefined) throw new Error('the streams did not open')
  const { open }: { open: number } = JSON.parse(new TextDecoder().decode(value))
  return {
    open,
    async close() {
      child.stdin.end()
      await child.exited
    },
  }
}

function spawnLoad(options: LoadOptions): Bun.Subprocess<'pipe', 'pipe', 'inherit'> {
  const command = [process.execPath, `${import.meta.dir}/../load.ts`, JSON.stringify(options)]
  const child = Bun.spawn([...bound(command, 1)], { stdio: ['pipe', 'pipe', 'inherit'], timeout: LOAD_TIMEOUT_MS })
  own(child.pid, child.exited)
  return child
}
