import type { Json } from '../../core/json.ts'

/** What a list tells of a model. */
export interface ModelFacts {
  readonly id: string
  readonly displayName: string | null
  /** Unix time of its release, in seconds. */
  readonly createdS: number | null
}

/** A model as `GET /v1/models/{id}` answers it. A release date that nobody knows is the epoch, as the API has it. */
export function encodeModel({ id, displayName, createdS }: ModelFacts): Json {
  const createdAt = new Date((createdS ?? 0) * 1_000).toISOString().replace('.000Z', 'Z')
  return { type: 'model', id, display_name: displayName ?? id, created_at: createdAt }
}

/** One page of `GET /v1/models`. */
export function encodeModelList(models: readonly ModelFacts[], hasMore: boolean): Json {
  const data = models.map(encodeModel)
  return { data, has_more: hasMore, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null }
}
