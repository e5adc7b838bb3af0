import { existsSync } from 'node:fs'
import { isatty } from 'node:tty'
import { confirm, intro, isCancel, log, outro, spinner } from '@clack/prompts'
import { type Environment, readEnvironment } from '../../config/environment.ts'
import { type ConfigIssue, formatIssues } from '../../config/issue.ts'
import { loadSettings } from '../../config/load.ts'
import { isSystemError, systemErrorLine } from '../../core/system-error.ts'
import { PROVIDER_TABLE } from '../../routing/provider-table.ts'
import { claudeNamesProblem } from '../claude-names.ts'
import { askForDraft, Left } from './ask.ts'
import { type Draft, renderDraft } from './draft.ts'
import { bare, type FoundProvider, findProviders } from './find-providers.ts'
import { listedModels } from './models.ts'
import { initTarget, placeFile } from './place.ts'
import { tryOut } from './trial.ts'

export interface InitOptions {
  readonly yes: boolean
  /** Row ids; the first is the default lane. */
  readonly provider?: readonly string[]
  readonly model?: string
  readonly port: number
  /** Dollars a day. */
  readonly budget?: number
  readonly file?: string
  readonly force: boolean
  readonly test: boolean
}

const INTERRUPTED = 130

/** Something that only the person can put right. */
class Refused extends Error {
  constructor(
    message: string,
    readonly code: 1 | 2,
  ) {
    super(message)
  }
}

/**
 * `lynkr init`: finds what can be used, asks what it cannot know, tries it with a real request, and only then writes
 * `lynkr.yaml`, whole.
 *
 * @returns 0 once it is written; 1 if nothing was found or the trial failed, 2 for wrong use, 130 if the person left
 */
export async function init(options: InitOptions): Promise<number> {
  const environment = readEnvironment()
  try {
    return await run(options, environment)
  } catch (thrown) {
    if (thrown instanceof Left) return INTERRUPTED
    const isForeseen = thrown instanceof Refused || isSystemError(thrown)
    if (!isForeseen) throw thrown
    process.stderr.write(`lynkr init: ${systemErrorLine(thrown) ?? thrown.message}\nNothing was written.\n`)
    return thrown instanceof Refused ? thrown.code : 1
  }
}

async function run(options: InitOptions, environment: Environment): Promise<number> {
  const isAsking = !options.yes
  if (isAsking && !(isatty(0) && isatty(1))) {
    throw new Refused('it asks questions, and this is no terminal; --yes takes what is found', 2)
  }
  const target = options.file ?? initTarget(environment)
  if (isAsking) intro('lynkr init')
  await mayReplace(target, options, isAsking)
  const found = await look(environment, isAsking)
  const draft = isAsking
    ? await askForDraft(found, environment, options)
    : await draftFromFlags(found, options, environment)
  const yaml = renderDraft(draft)
  if (options.test) await trial(draft, yaml, { ...options, isAsking, environment })
  const old = placeFile(target, yaml)
  const told = `${target} is written${old === null ? '' : `; the old one is ${old}`}.`
  const next = await nextStep(target, options.test ? draft.providers : [], environment)
  if (isAsking) outro(`${told}\n   ${next}`)
  else process.stdout.write(`${told}\n${next}\n`)
  return 0
}

/**
 * What comes next, and what stands in the way. Without a trial nobody has noticed yet what the file refers to and the
 * environment does not have.
 *
 * @param asked providers that may be asked for their models
 */
async function nextStep(file: string, asked: Draft['providers'], environment: Environment): Promise<string> {
  const loaded = loadSettings(environment, file)
  if ('issues' in loaded) {
    const missing = loaded.issues.map(({ message }) => `  ${message}`)
    return ['lynkr does not start with it yet:', ...missing].join('\n')
  }
  const lists = asked.map(async (one) => [one.id, await listedModels(one, environment)] as const)
  const names = claudeNamesProblem(loaded.settings, new Map(await Promise.all(lists)))
  if (names === null) return NEXT
  return `Yet ${names.finding}.\n${names.fix} \`lynkr init --model NAME\` writes it.\n${NEXT}`
}

const NEXT = 'Next: `lynkr wrap claude`, or `lynkr serve` and point clients at it.'

async function mayReplace(target: string, { force }: InitOptions, isAsking: boolean): Promise<void> {
  if (!existsSync(target) || force) return
  if (!isAsking) throw new Refused(`${target} is there already; --force replaces it and keeps the old one`, 2)
  const answer = await confirm({ message: `${target} is there already. Replace it? The old one is kept as .bak.` })
  if (isCancel(answer) || !answer) throw new Left()
}

async function look(environment: Environment, isAsking: boolean): Promise<readonly FoundProvider[]> {
  const progress = isAsking ? spinner() : null
  progress?.start('Looking for keys in the environment and servers on this machine')
  const looked = await findProviders(environment)
  progress?.stop('Looked for keys in the environment and servers on this machine')
  if ('issues' in looked) throw refusedBy(looked.issues)
  return looked.found
}

function refusedBy(issues: readonly ConfigIssue[]): Refused {
  return new Refused(formatIssues(issues).trimEnd(), 2)
}

async function draftFromFlags(
  found: readonly FoundProvider[],
  { provider, model, port, budget }: InitOptions,
  environment: Environment,
): Promise<Draft> {
  const unknown = provider?.find((id) => PROVIDER_TABLE.every((row) => row.id !== id))
  if (unknown !== undefined) {
    throw new Refused(
      `there is no provider ${JSON.stringify(unknown)}; ${PROVIDER_TABLE.map(({ id }) => id).join(', ')}`,
      2,
    )
  }
  const chosen =
    (provider && [...new Set(provider)])?.map((id) => found.find((one) => one.id === id) ?? bare(id)) ?? found
  const [lane, ...others] = chosen
  if (lane === undefined) {
    throw new Refused(
      'no key is in the environment and no local server answers; set one, such as ANTHROPIC_API_KEY, or start Ollama',
      1,
    )
  }
  // A server of one's own has few models, and clients ask for names that it does not know.
  const isLocal = PROVIDER_TABLE.find(({ id }) => id === lane.id)?.needsKey === false
  const listed = isLocal && model === undefined ? (await listedModels(lane, environment))[0] : undefined
  return {
    port,
    providers: [{ ...lane, model: model ?? listed ?? null }, ...others],
    usdPerDay: budget ?? null,
  }
}

interface TrialContext {
  readonly isAsking: boolean
  readonly environment: Environment
}

async function trial(draft: Draft, yaml: string, { isAsking, environment }: TrialContext): Promise<void> {
  const [lane] = draft.providers
  if (lane === undefined) return
  const model = lane.model ?? (await trialModel(lane, environment))
  const progress = isAsking ? spinner() : null
  const doing = `Asking ${model} at ${lane.id}`
  if (progress === null) process.stderr.write(`${doing} …\n`)
  progress?.start(doing)
  const result = await tryOut(yaml, model, environment)
  const said = result.ok
    ? `${result.provider} answers: ${JSON.stringify(result.text)} ($${result.costUsd.toFixed(6)})`
    : `${lane.id} did not answer: ${result.reason}`
  if (progress === null && result.ok) process.stderr.write(`${said}\n`)
  progress?.stop(said)
  if (result.ok) return
  if (!isAsking) throw new Refused(`${said}\n--no-test writes the file all the same`, 1)
  log.warn('The file can be written all the same, and corrected later.')
  const answer = await confirm({ message: 'Write it?', initialValue: false })
  if (isCancel(answer) || !answer) throw new Left()
}

/** A model that the provider is likely to have, cheap where there is a choice. */
const CHEAP_CLAUDE = 'claude-haiku-4-5'

async function trialModel(lane: Draft['providers'][number], environment: Environment): Promise<string> {
  const isClaude = PROVIDER_TABLE.some(
    ({ id, dialect, modelMap }) => id === lane.id && (dialect === 'anthropic' || modelMap.length > 0),
  )
  if (isClaude) return CHEAP_CLAUDE
  return (await listedModels(lane, environment))[0] ?? CHEAP_CLAUDE
}
