import type { z } from 'zod'
import type { blockSchema, faultSchema, scriptSchema } from './script-schema.ts'

/** One answer, as plain JSON: what to say, how fast, and what goes wrong. `docs/simulator.md` is its reference. */
export type Script = z.infer<typeof scriptSchema>
export type ScriptBlock = z.infer<typeof blockSchema>
export type Fault = z.infer<typeof faultSchema>

/**
 * A round trip as an agent makes it: the first request that offers tools is answered with a call, the one that
 * brings a tool's result with text. Both for `enqueue` and, as they match disjoint requests, for `setDefault`.
 */
export function toolRoundTrip(options: {
  readonly tool: { readonly name: string; readonly input: Record<string, unknown>; readonly id?: string }
  readonly say?: string
  readonly answer: string
}): readonly [Script, Script] {
  const { tool, say, answer } = options
  return [
    { match: { tools: true, toolResult: false }, blocks: [...(say === undefined ? [] : [{ text: say }]), { tool }] },
    { match: { toolResult: true }, blocks: [{ text: answer }] },
  ]
}
