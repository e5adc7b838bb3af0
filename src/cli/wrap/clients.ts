/** Where a wrapped client finds lynkr, and the credential it shows there. */
export interface Door {
  readonly url: string
  readonly token: string
}

/** A client that `lynkr wrap` knows, as data: how it is told about an address other than its vendor's. */
export interface WrappedClient {
  readonly id: string
  readonly title: string
  /** Name in PATH. */
  readonly program: string
  /** What brings it there. */
  readonly install: string
  /** Variables for the client; `undefined` takes one away that would lead it past lynkr. */
  environment(door: Door): Readonly<Record<string, string | undefined>>
  /** Arguments before the user's own. */
  args(door: Door): readonly string[]
}

const NO_ARGS = (): readonly string[] => []

export const WRAPPED_CLIENTS: readonly WrappedClient[] = [
  {
    id: 'claude',
    title: 'Claude Code',
    program: 'claude',
    install: 'npm install -g @anthropic-ai/claude-code',
    // With both credentials set the client complains, and would send the vendor's key to lynkr.
    environment: ({ url, token }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: token,
      ANTHROPIC_API_KEY: undefined,
      CLAUDE_CODE_USE_BEDROCK: undefined,
      CLAUDE_CODE_USE_VERTEX: undefined,
      CLAUDE_CODE_USE_FOUNDRY: undefined,
    }),
    args: NO_ARGS,
  },
  {
    id: 'codex',
    title: 'Codex',
    program: 'codex',
    install: 'npm install -g @openai/codex',
    environment: ({ token }) => ({ LYNKR_WRAP_TOKEN: token }),
    // It has no variable for another address: only its configuration, of which -c sets single values.
    args: ({ url }) =>
      [
        'model_provider="lynkr"',
        'model_providers.lynkr.name="lynkr"',
        `model_providers.lynkr.base_url="${url}/v1"`,
        'model_providers.lynkr.env_key="LYNKR_WRAP_TOKEN"',
        'model_providers.lynkr.wire_api="responses"',
      ].flatMap((setting) => ['-c', setting]),
  },
  {
    id: 'opencode',
    title: 'opencode',
    program: 'opencode',
    install: 'npm install -g opencode-ai',
    environment: ({ url, token }) => {
      const options = { baseURL: `${url}/v1`, apiKey: token }
      return {
        OPENCODE_CONFIG_CONTENT: JSON.stringify({ provider: { anthropic: { options }, openai: { options } } }),
      }
    },
    args: NO_ARGS,
  },
  {
    id: 'aider',
    title: 'Aider',
    program: 'aider',
    install: 'python3 -m pip install aider-install && aider-install',
    environment: ({ url, token }) => ({
      ANTHROPIC_API_BASE: url,
      ANTHROPIC_API_KEY: token,
      OPENAI_API_BASE: `${url}/v1`,
      OPENAI_API_KEY: token,
    }),
    args: NO_ARGS,
  },
]

/** Any other program gets the variables that the SDKs of both vendors read. */
export function clientNamed(name: string): WrappedClient {
  return WRAPPED_CLIENTS.find(({ id }) => id === name) ?? anyClient(name)
}

function anyClient(program: string): WrappedClient {
  return {
    id: program,
    title: program,
    program,
    install: 'install it, or write its path',
    environment: ({ url, token }) => ({
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: token,
      ANTHROPIC_API_KEY: undefined,
      OPENAI_BASE_URL: `${url}/v1`,
      OPENAI_API_BASE: `${url}/v1`,
      OPENAI_API_KEY: token,
    }),
    args: NO_ARGS,
  }
}
