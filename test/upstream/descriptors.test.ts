import { afterAll, expect, test } from 'bun:test'
import { openRawUpstream } from '../support/raw-upstream.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'
const upstreams = [openRawUpstream(() => OK), openRawUpstream(() => OK)]

afterAll(() => {
  for (const upstream of upstreams) upstream.stop()
})

// Whoever may open no more connections must not hold that against a server that would take one.
test('a connection for which no descriptor is left is told so, and gets one of those that wait elsewhere when it is tried again', async () => {
  const limited = ['sh', '-c', 'ulimit -n 128; exec "$@"', 'sh', process.execPath, `${import.meta.dir}/ask-at-limit.ts`]
  const child = Bun.spawn([...limited, ...upstreams.map(({ url }) => url)], { stdio: ['ignore', 'pipe', 'inherit'] })

  expect((await new Response(child.stdout).text()).trim()).toBe('200, overloaded EMFILE, 200')
})
