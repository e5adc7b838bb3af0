import type { Deadline } from './support/deadline.ts'

export interface MoneyPlan {
  /** Of each timed figure. */
  readonly samples: number
  /** Requests of the memory figure. */
  readonly requests: number
}

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
