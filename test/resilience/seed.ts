/** True for the long counts of `bun run test:full`. */
export const isFull = process.env.LYNKR_TEST_FULL === '1'

/** Seed of this run's random traces: LYNKR_TEST_SEED repeats a run, otherwise every run has another. */
export const runSeed = Number(process.env.LYNKR_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
