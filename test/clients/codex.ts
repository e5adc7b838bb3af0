import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientPackage } from './install-client.ts'
import { type ClientLine, type ClientOutput, runClient } from './run-client.ts'

export const CODEX: ClientPackage = { name: '@openai/codex', version: '0.171.0', program: 'codex' }
/** What the client sends as its credential; it must never reach an upstream. */
export const CODEX_TOKEN = 'codex-side-token-of-the-test'

export type Transport = 'http' | 'websocket'

/** Its output is that of `--json`. */
export interface CodexRun extends ClientOutput {
  /** Texts that the client took for answers of the model, in order. */
  readonly answers: readonly string[]
}

export interface CodexOptions {
  readonly transport: Transport
  /** More lines for its `config.toml`. */
  readonly config?: string
}

/** Runs `codex exec <prompt>` against a gateway. */
export async function runCodex(
  executable: string,
  baseUrl: string,
  prompt: string,
  { transport, config = '' }: CodexOptions,
): Promise<CodexRun> {
  const flags = ['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox']
  const run = await runClient({
    command: [executable, 'exec', ...flags, prompt],
    env: (home) => ({ CODEX_HOME: home, LYNKR_TOKEN: CODEX_TOKEN }),
    prepare: (home) => writeFileSync(join(home, 'config.toml'), configToml(baseUrl, transport, config)),
  })
  return { ...run, answers: run.lines.flatMap(answerIn) }
}

/** As `docs/getting-started-codex.md` says. */
function configToml(baseUrl: string, transport: Transport, more: string): string {
  return `model = "gpt-5.5"
model_provider = "lynkr"
${more}
[model_providers.lynkr]
name = "lynkr"
base_url = "${baseUrl}/v1"
env_key = "LYNKR_TOKEN"
wire_api = "responses"
supports_websockets = ${transport === 'websocket'}
`
}

/** The client's own documented shape: `{type: "item.completed", item: {type: "agent_message", text}}`. */
function answerIn(line: ClientLine): string[] {
  const { item } = line
  if (line.type !== 'item.completed' || typeof item !== 'object' || item === null) return []
  if (!('type' in item) || item.type !== 'agent_message' || !('text' in item)) return []
  return [String(item.text)]
}
