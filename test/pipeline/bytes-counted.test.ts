import { expect, test } from 'bun:test'
import { openRig } from '../faults/rig.ts'

/** Three bytes to a character. */
const TEXT = '模型用中文回答。'.repeat(40)
const TEXT_BYTES = Buffer.byteLength(TEXT)

for (const lane of ['passthrough', 'transcode'] as const) {
  for (const stream of [true, false]) {
    const kind = stream ? 'a stream' : 'a whole answer'

    test(`${lane}: of ${kind} beyond ASCII the bytes are counted, not the characters`, async () => {
      const rig = await openRig({ lane })
      rig.proxy.simulator.setDefault({ blocks: [{ text: TEXT }], chunkChars: 5 })

      const { text, record } = await rig.ask(stream)

      expect(record.responseBytes).toBe(Buffer.byteLength(text))
      await rig.proxy.stop()
    })

    test(`${lane}: ${kind} beyond ASCII, whose usage nobody told, is estimated by its bytes`, async () => {
      const rig = await openRig({ lane })
      rig.proxy.simulator.setDefault({
        blocks: [{ text: TEXT }],
        chunkChars: 5,
        fault: { type: 'usage', mode: 'absent' },
      })

      const { record } = await rig.ask(stream)

      expect(record.isUsageEstimated).toBe(true)
      expect(record.usage?.outputTokens).toBeGreaterThanOrEqual(Math.ceil(TEXT_BYTES / 4))
      await rig.proxy.stop()
    })
  }
}
