import { expect, test } from 'bun:test'
import { openRig } from '../faults/rig.ts'

/** What each lane's upstream has sent once its answer has an end, and before it says that the stream is over. */
const EVENTS = { passthrough: 5, transcode: 3 } as const

for (const lane of ['passthrough', 'transcode'] as const) {
  for (const type of ['eof', 'reset'] as const) {
    test(`${lane}: an answer that had its end is whole, though its stream ends in ${type}`, async () => {
      const rig = await openRig({ lane })
      const fault = { type, at: 'body' as const, afterEvents: EVENTS[lane] }
      rig.proxy.simulator.setDefault({ blocks: [{ text: 'a whole answer' }], pings: 0, delayMs: 5, fault })

      const { text, record } = await rig.ask(true)

      expect(text).toContain('a whole answer')
      expect(text).toContain('"stop_reason":"end_turn"')
      expect(text.trimEnd().split('\n\n').at(-1)).toContain('message_stop')
      expect(record.outcome).toBe('ok')
      await rig.proxy.stop()
    })
  }
}
