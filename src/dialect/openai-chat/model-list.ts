import type { Json } from '../../core/json.ts'

/** What a list tells of a model. */
export interface ModelFacts {
  readonly id: string
  /** Unix time of its release, in seconds. */
  readonly createdS: number | null
  readonly owner: string
}

/** A model as `GET /v1/models/{id}` answers it. */
export function encodeModel({ id, createdS, owner }: ModelFacts): Json {
  return { id, object: 'model', created: createdS ?? 0, owned_by: owner }
}

/** `GET /v1/models`, which has no pages. */
export function encodeModelList(models: readonly ModelFacts[]): Json {
  return { object: 'list', data: models.map(encodeModel) }
}
