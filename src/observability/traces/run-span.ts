import type { TraceContext } from '../../core/traceparent.ts'
import { present, type Span } from './spans-of.ts'

/** A command that was asked for, as its end tells it. */
export interface RunFacts {
  readonly runId: string
  readonly caller: string
  readonly command: string
  readonly trace: TraceContext | null
  readonly ending: string
  /** Rule or error kind; `null` where the run took place. */
  readonly reason: string | null
  readonly exitCode: number | null
  readonly outputBytes: number
  readonly endedWallMs: number
  readonly durationMs: number
}

/**
 * The span of one command, below the span of its caller: what ran and how it ended, without arguments or output.
 *
 * @see OpenTelemetry semantic conventions for generative AI, "Execute tool span"
 */
export function runSpan(run: RunFacts, { traceId, parentId }: TraceContext, spanId: string): Span {
  return {
    name: `execute_tool ${run.command}`,
    kind: 'internal',
    traceId,
    spanId,
    parentId,
    startWallMs: run.endedWallMs - run.durationMs,
    endWallMs: run.endedWallMs,
    isError: run.ending === 'unavailable' || run.ending === 'timeout',
    attributes: present({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': run.command,
      'gen_ai.tool.call.id': run.runId,
      'lynkr.key.id': run.caller,
      'lynkr.sandbox.ending': run.ending,
      'lynkr.sandbox.output_bytes': run.outputBytes,
      'process.exit.code': run.exitCode,
      'error.type': run.reason ?? (run.ending === 'timeout' ? 'timeout' : null),
    }),
  }
}
