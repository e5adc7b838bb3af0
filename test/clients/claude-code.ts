import type { ClientPackage } from './install-client.ts'
import { type ClientLine, type ClientOutput, runClient } from './run-client.ts'

export const CLAUDE_CODE: ClientPackage = {
  name: '@anthropic-ai/claude-code',
  version: '2.1.332',
  program: 'claude',
}
/** What the client sends as its credential; it must never reach an upstream. */
export const CLIENT_TOKEN = 'client-side-token-of-the-test'

/** Its output is `stream-json`. */
export interface ClientRun extends ClientOutput {
  /** Events of the Messages stream as the client decoded them. */
  readonly events: readonly ClientLine[]
  /** The last line: what the client considers its answer. */
  readonly result: ClientLine
}

export interface ClientOptions {
  /** What it may use without asking. */
  readonly tools?: string
  readonly extra?: readonly string[]
}

/** Runs `claude -p <prompt>` against a gateway. */
export async function runClaudeCode(
  executable: string,
  baseUrl: string,
  prompt: string,
  { tools = 'Bash', extra = [] }: ClientOptions = {},
): Promise<ClientRun> {
  const output = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages']
  const run = await runClient({
    command: [executable, '-p', prompt, '--allowedTools', tools, ...extra, ...output],
    env: () => ({
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_AUTH_TOKEN: CLIENT_TOKEN,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    }),
  })
  const { lines } = run
  const events = lines.filter((line) => line.type === 'stream_event').map((line) => line.event as ClientLine) // The client's own documented shape.
  return { ...run, events, result: lines.findLast((line) => line.type === 'result') ?? {} }
}
