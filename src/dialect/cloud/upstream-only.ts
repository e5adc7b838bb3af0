import type { Upstream } from '../../core/dialect.ts'

/** What a dialect that no client speaks has no use for: nothing passes through untouched. */
export const UPSTREAM_ONLY: Pick<Upstream, 'fitPassthrough' | 'openMeter' | 'meterResponse'> = {
  fitPassthrough: noPassthrough,
  openMeter: noPassthrough,
  meterResponse: noPassthrough,
}

function noPassthrough(): never {
  throw new Error('invariant broken: no client speaks this dialect, so that nothing of it passes through')
}
