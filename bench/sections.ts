import type { MoneyPlan } from './money.ts'
import type { Deadline } from './support/deadline.ts'
import type { Section } from './support/section.ts'

/** How much is measured. Whatever is repeated ends early when the section's time is over, and says what it has. */
export interface Plan {
  readonly isQuick: boolean
  readonly rounds: number
  /** Length of a timed round. */
  readonly microMs: number
  readonly roundMs: number
  readonly warmUpRequests: number
  readonly firstBytes: number
  readonly starts: number
  /** Requests after which cost and memory must be what they were. */
  readonly flatRequests: number
  readonly money: MoneyPlan
  readonly deadline: Deadline
}

export const WHOLE: Omit<Plan, 'deadline'> = {
  isQuick: false,
  rounds: 5,
  microMs: 100,
  roundMs: 800,
  warmUpRequests: 20_000,
  firstBytes: 2_000,
  starts: 15,
  flatRequests: 1_000_000,
  money: { samples: 3_000, requests: 200_000 },
}

export const QUICK: Omit<Plan, 'deadline'> = {
  isQuick: true,
  rounds: 2,
  microMs: 10,
  roundMs: 200,
  warmUpRequests: 3_000,
  firstBytes: 200,
  starts: 3,
  flatRequests: 50_000,
  money: { samples: 500, requests: 50_000 },
}

/** A part of the benchmark, which runs in a process of its own. */
export interface SectionPlan {
  readonly name: string
  /** By when it should come to an end. It is given up after twice that. */
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
  section('flat', [70, 8], async (plan) => (await import('./flat.ts')).flatSection(plan)),
  section('refusals', [40, null], async (plan) => (await import('./refusals.ts')).refusalsSection(plan)),
  section('workers', [25, null], async (plan) => (await import('./workers.ts')).workersSection(plan)),
  inProcess('money', [35, null], async (plan) => (await import('./money.ts')).moneySection(plan)),
  section('observability', [30, null], async (plan) => (await import('./observability.ts')).observabilitySection(plan)),
  section('sockets', [10, null], async () => (await import('./sockets.ts')).socketsSection()),
  section('startup', [30, 9], async (plan) => (await import('./startup.ts')).startupSection(plan)),
  section('sandbox', [20, null], async (plan) => (await import('./sandbox.ts')).sandboxSection(plan)),
  section('peers', [45, null], async (plan) => (await import('./peers.ts')).peersSection(plan)),
]

function section(name: string, seconds: [number, number | null], run: SectionPlan['run']): SectionPlan {
  return { name, seconds: seconds[0], quickSeconds: seconds[1], isInProcess: false, run }
}

function inProcess(...plan: Parameters<typeof section>): SectionPlan {
  return { ...section(...plan), isInProcess: true }
}
