import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { systemClock, systemScheduler } from '../../src/core/clock.ts'
import { openPooledTransport } from '../../src/upstream/pooled-transport.ts'

/**
 * Asks for the first of two addresses, takes all descriptors that are left, and asks for the other one twice. Prints what
 * came of the three.
 */
const transport = openPooledTransport({ connectTimeoutMs: 10_000, clock: systemClock, scheduler: systemScheduler })
const [, , first = '', second = ''] = process.argv
const said = [await ask(first)]
takeAll()
said.push(await ask(second), await ask(second))
console.log(said.join(', '))
process.exit(0)

async function ask(url: string): Promise<string> {
  try {
    const response = await transport.send({ method: 'GET', url, headers: {}, body: null, abort: new AbortController() })
    await response.bytes()
    return `${response.status}`
  } catch (thrown) {
    const { kind, detail } = transport.explain(thrown)
    return `${kind} ${detail.facts?.code}`
  }
}

function takeAll(): void {
  try {
    for (;;) openSync(devNull, 'r')
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EMFILE')) throw thrown
  }
}
