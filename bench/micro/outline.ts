import { isUtf8 } from 'node:buffer'
import { createOutliner } from '../../src/core/json-outline.ts'
import type { MicroRow } from '../micro.ts'
import { BODY } from './dialects.ts'

const BYTES = new TextEncoder().encode(BODY)
const WHOLE = 'body of 138 KB, decoded and parsed whole'
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const outline = createOutliner(isUtf8)
const sink = { value: 0 }

/** What a body costs that goes on as it came, against the parse that it is spared. */
export const rows: readonly MicroRow[] = [
  {
    name: WHOLE,
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += Object.keys(JSON.parse(utf8.decode(BYTES))).length
    },
  },
  {
    name: 'body of 138 KB, its shape alone',
    atMost: { times: 0.5, of: WHOLE },
    run(iterations) {
      for (let i = 0; i < iterations; i++) sink.value += Object.keys(outline(BYTES)?.outline ?? {}).length
    },
  },
]
