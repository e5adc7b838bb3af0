import type { Plan } from './plan.ts'
import type { Section } from './support/section.ts'

/** A part of the benchmark, which runs in a process of its own. */
export interface SectionPlan {
  readonly name: string
  /** By when it should come to an end; it is given up some time later, see `runSection`. */
  readonly seconds: number
  /** The same of a quick run; `null` if that leaves it out unless it is asked for by name. */
  readonly quickSeconds: number | null
  /** lynkr's own code is measured in the section's process, which then is set up as lynkr's; peers are not to be. */
  readonly isInProcess: boolean
  /** `null`: what it needs is not on this machine. */
  readonly run: (plan: Plan) => Promise<Section | null>
}

export const SECTIONS: readonly SectionPlan[] = [
  inProcess('micro', [50, 7], async (plan) => (await import('./micro.ts')).microSection(plan)),
  section('end-to-end', [150, 14], async (plan) => (await import('./end-to-end.ts')).endToEndSection(plan)),
  section('streams', [45, 12], async (plan) => (await import('./streams.ts')).streamsSection(plan)),
  section('lanes', [40, 7], async (plan) => (await import('./lanes.ts')).lanesSection(plan)),
  section('lane-streams', [20, null], async (plan) => (await import('./lane-streams.ts')).laneStreamsSection(plan)),
  section('flat', [65, 8], async (plan) => (await import('./flat.ts')).flatSection(plan)),
  section('refusals', [30, null], async (plan) => (await import('./refusals.ts')).refusalsSection(plan)),
  section('workers', [25, null], async (plan) => (await import('./workers.ts')).workersSection(plan)),
  inProcess('money', [60, null], async (plan) => (await import('./money.ts')).moneySection(plan)),
  section('observability', [30, null], async (plan) => (await import('./observability.ts')).observabilitySection(plan)),
  section('sockets', [10, null], async () => (await import('./sockets.ts')).socketsSection()),
  section('startup', [30, 9], async (plan) => (await import('./startup.ts')).startupSection(plan)),
  section('sandbox', [20, null], async (plan) => (await import('./sandbox.ts')).sandboxSection(plan)),
  section('peers', [35, null], async (plan) => (await import('./peers.ts')).peersSection(plan)),
]

function section(name: string, seconds: [number, number | null], run: SectionPlan['run']): SectionPlan {
  return { name, seconds: seconds[0], quickSeconds: seconds[1], isInProcess: false, run }
}

function inProcess(...plan: Parameters<typeof section>): SectionPlan {
  return { ...section(...plan), isInProcess: true }
}
