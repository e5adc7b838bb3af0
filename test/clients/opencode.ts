import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientPackage } from './install-client.ts'
import { type ClientLine, type ClientOutput, runClient } from './run-client.ts'

export const OPENCODE: ClientPackage = { name: 'opencode-ai', version: '1.18.33', program: 'opencode' }
/** What the client sends as its credential; it must never reach an upstream. */
export const OPENCODE_TOKEN = 'opencode-side-token-of-the-test'

/** The client's own library for a dialect. */
export type OpencodeLibrary = '@ai-sdk/anthropic' | '@ai-sdk/openai-compatible'

/** Its output is that of `--format json`. */
export interface OpencodeRun extends ClientOutput {
  /** Texts that the client took for answers of the model, in order. */
  readonly answers: readonly string[]
}

export interface OpencodeOptions {
  readonly library: OpencodeLibrary
  /** The client writes cache marks into requests for whatever is called Claude, in Chat as well. */
  readonly model: string
}

/** Runs `opencode run <prompt>` against a gateway. */
export async function runOpencode(
  executable: string,
  baseUrl: string,
  prompt: string,
  { library, model }: OpencodeOptions,
): Promise<OpencodeRun> {
  const run = await runClient({
    command: [executable, 'run', '--format', 'json', '--model', `lynkr/${model}`, prompt],
    env: (home) => ({
      OPENCODE_CONFIG: join(home, 'opencode.json'),
      // It looks for updates, a list of models and plugins at every start; there is nobody to ask.
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    }),
    prepare: (home) =>
      writeFileSync(join(home, 'opencode.json'), JSON.stringify(configOf(baseUrl, { library, model }))),
  })
  return { ...run, answers: run.lines.flatMap(answerIn) }
}

function configOf(baseUrl: string, { library: npm, model }: OpencodeOptions): object {
  const options = { baseURL: `${baseUrl}/v1`, apiKey: OPENCODE_TOKEN }
  const models = { [model]: {} }
  return { permission: { bash: 'allow' }, provider: { lynkr: { npm, name: 'lynkr', options, models } } }
}

/** The client's own documented shape: `{type: "text", part: {text}}`. */
function answerIn({ type, part }: ClientLine): string[] {
  if (type !== 'text' || typeof part !== 'object' || part === null || !('text' in part)) return []
  return [String(part.text)]
}
