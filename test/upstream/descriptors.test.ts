import { expect, test } from 'bun:test'
import { openRawUpstream } from '../support/raw-upstream.ts'

// Whoever may open no more connections must not hold that against a server that would take one.
test('a connection for which no descriptor is left is told so, and not as refused', async () => {
  const upstream = openRawUpstream(() => null)
  const command = `ulimit -n 128; exec "$0" "$1" "$2"`
  const child = Bun.spawn(['sh', '-c', command, process.execPath, `${import.meta.dir}/ask-at-limit.ts`, upstream.url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })

  expect((await new Response(child.stdout).text()).trim()).toBe('overloaded EMFILE')
  upstream.stop()
})
