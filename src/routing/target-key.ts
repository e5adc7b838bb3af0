import type { Target } from '../core/target.ts'

/** What was learnt of a target is kept under this: one model at one provider, in one of its forms. */
export function targetKey({ provider, model }: Target): string {
  return `${provider.id}\n${provider.form ?? ''}\n${model}`
}
