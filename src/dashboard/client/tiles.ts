import type { Point, State } from '../wire.ts'
import { byId, element, setText } from './dom.ts'
import { count, dollars, percent, rate, seconds } from './format.ts'

interface Tile {
  readonly name: string
  value(state: State, point: Point | undefined): string
  /** Worth a second look. */
  isBad?(state: State, point: Point | undefined): boolean
}

const TILES: readonly Tile[] = [
  { name: 'Requests / s', value: (_, point) => rate(point?.requests ?? 0) },
  {
    name: 'Error rate',
    value: ({ snapshot }) => percent(errorRatio(snapshot.requests)),
    isBad: ({ snapshot }) => (errorRatio(snapshot.requests) ?? 0) > 0.05,
  },
  {
    name: 'First byte, p95',
    value: (_, point) => seconds(point?.p95 ?? null),
    isBad: (_, point) => (point?.p95 ?? 0) > 2,
  },
  { name: 'In flight', value: (_, point) => count(point?.inflight ?? 0) },
  { name: 'Tokens in', value: ({ snapshot }) => count(snapshot.tokens.input) },
  { name: 'Tokens out', value: ({ snapshot }) => count(snapshot.tokens.output) },
  { name: 'Prompt cache hits', value: ({ promptCacheHitRatio }) => percent(promptCacheHitRatio) },
  { name: 'Cost since start', value: ({ snapshot }) => dollars(snapshot.cost_usd) },
]

function errorRatio({ total, errors }: { total: number; errors: number }): number | null {
  return total === 0 ? null : errors / total
}

export function createTiles(): (state: State, point: Point | undefined) => void {
  const values = TILES.map(({ name }) => {
    const value = element('dd')
    byId('tiles', HTMLElement).append(element('div', { class: 'card tile' }, element('dt', {}, name), value))
    return value
  })
  return (state, point) => {
    TILES.forEach((tile, i) => {
      const value = values[i]
      if (value === undefined) return
      setText(value, tile.value(state, point))
      value.classList.toggle('bad', tile.isBad?.(state, point) ?? false)
    })
  }
}
