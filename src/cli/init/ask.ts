import { cancel, log, multiselect, password, select, text } from '@clack/prompts'
import type { Environment } from '../../config/environment.ts'
import type { ParameterName } from '../../routing/provider-row.ts'
import { PROVIDER_TABLE } from '../../routing/provider-table.ts'
import type { Draft, DraftProvider } from './draft.ts'
import { bare, type FoundProvider } from './find-providers.ts'
import { listedModels } from './models.ts'

/** Thrown when the person leaves: nothing has been written yet. */
export class Left extends Error {}

/** What flags have answered already is not asked. */
export interface Answered {
  readonly port: number
  readonly model?: string
  readonly budget?: number
}

const ANOTHER = 'another'
const MODELS_SHOWN_MAX = 200

/** Asks at the terminal for what a draft needs. @throws Left */
export async function askForDraft(
  found: readonly FoundProvider[],
  environment: Environment,
  answered: Answered,
): Promise<Draft> {
  const chosen = await askForProviders(found)
  const first = chosen.length === 1 ? chosen[0]?.id : await askForLane(chosen)
  const ordered = [...chosen].sort((a, b) => Number(b.id === first) - Number(a.id === first))
  const [lane, ...others] = ordered
  const model = lane === undefined ? null : (answered.model ?? (await askForModel(lane, environment)))
  const providers = lane === undefined ? others : [{ ...lane, model }, ...others]
  return { port: answered.port, providers, usdPerDay: answered.budget ?? (await askForBudget()) }
}

async function askForProviders(found: readonly FoundProvider[]): Promise<readonly DraftProvider[]> {
  if (found.length === 0) {
    log.info('No key is in the environment, and no local server answers.')
    return [await askForAnother()]
  }
  const ids = answerOf(
    await multiselect({
      message: 'Which providers should lynkr use?',
      options: [
        ...found.map(({ id, title, where }) => ({ value: id, label: title, hint: where })),
        { value: ANOTHER, label: 'Another one' },
      ],
      initialValues: found.map(({ id }) => id),
      required: true,
    }),
  )
  const chosen = found.filter(({ id }) => ids.includes(id))
  return ids.includes(ANOTHER) ? [...chosen, await askForAnother()] : chosen
}

async function askForAnother(): Promise<DraftProvider> {
  const id = answerOf(
    await select({
      message: 'Which provider?',
      options: PROVIDER_TABLE.map((row) => ({ value: row.id, label: row.title, hint: row.id })),
      maxItems: 8,
    }),
  )
  const row = PROVIDER_TABLE.find((one) => one.id === id)
  const base =
    row === undefined || (row.baseUrl !== null && row.needsKey)
      ? null
      : answerOf(await text({ message: 'Its address', initialValue: row.baseUrl ?? '', validate: required }))
  const parameters: Partial<Record<ParameterName, string>> = {}
  for (const { name, title, fallback } of row?.parameters ?? []) {
    if (row?.baseUrl !== null && base !== null) continue
    parameters[name] = answerOf(
      await text({ message: `Its ${title}`, initialValue: fallback ?? '', validate: required }),
    )
  }
  const secret =
    // What signs requests is the account's, and stays where it is.
    row?.needsKey === true && row.signing === undefined
      ? answerOf(await password({ message: 'Its key (kept in lynkr.yaml)', validate: required }))
      : ''
  return { ...bare(id), base, parameters, key: secret === '' ? null : { secret } }
}

async function askForLane(chosen: readonly DraftProvider[]): Promise<string> {
  return answerOf(
    await select({
      message: 'Where does a model go that nothing else claims?',
      options: chosen.map(({ id }) => ({ value: id, label: id })),
    }),
  )
}

/** Claude Code asks for `claude-…`, which servers of other models do not know. */
async function askForModel(lane: DraftProvider, environment: Environment): Promise<string | null> {
  if (PROVIDER_TABLE.find(({ id }) => id === lane.id)?.dialect === 'anthropic') return null
  const models = await listedModels(lane, environment)
  if (models.length === 0) return null
  const model = answerOf(
    await select({
      message: `Which model answers at ${lane.id} when a client asks for another name, such as claude-…?`,
      options: [
        ...models.slice(0, MODELS_SHOWN_MAX).map((value) => ({ value, label: value })),
        { value: '', label: 'None: names go as they are' },
      ],
      maxItems: 8,
    }),
  )
  return model === '' ? null : model
}

async function askForBudget(): Promise<number | null> {
  const answer = answerOf(
    await text({
      message: 'Dollars that may be spent in a day (empty: no limit)',
      validate: (value) => (/^\d*(\.\d+)?$/.test(value ?? '') ? undefined : 'A number, such as 20'),
    }),
  )
  return answer === undefined || answer === '' ? null : Number(answer)
}

function required(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? 'This is needed' : undefined
}

function answerOf<T>(answer: T): Exclude<T, symbol> {
  if (isAnswer(answer)) return answer
  cancel('Nothing was written.')
  throw new Left()
}

/** Prompts resolve to a symbol when the person leaves. */
function isAnswer<T>(answer: T): answer is Exclude<T, symbol> {
  return typeof answer !== 'symbol'
}
