/** What a path asks for. `flavor` decides the fields accepted, the error envelope and the headers sent. */
export interface Profile {
  readonly operation: 'inference' | 'count_tokens' | 'models' | 'embeddings'
  readonly flavor: Flavor
  /** Endpoint, deployment or model named by the path. */
  readonly name?: string
  /** Where the path and not the body says whether the answer streams. */
  readonly isStream?: boolean
}

export type Flavor =
  | 'anthropic'
  | 'bedrock'
  | 'vertex'
  | 'gemini'
  | 'converse'
  | 'openai'
  | 'azure'
  | 'databricks'
  | 'responses'

interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  readonly operation: Profile['operation']
  readonly flavor: Flavor
  readonly isStream?: boolean
}

const VERTEX_CLAUDE = '^/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models'

/** First match wins. The last rows take any prefix, as compatible vendors have their own. */
const ROUTES: readonly Route[] = [
  { ...post(/^\/model\/(?<name>[^/]+)\/converse$/, 'converse'), isStream: false },
  { ...post(/^\/model\/(?<name>[^/]+)\/converse-stream$/, 'converse'), isStream: true },
  { ...post(/\/(v1beta|google)\/models\/(?<name>[^/:]+):generateContent$/, 'gemini'), isStream: false },
  { ...post(/\/(v1beta|google)\/models\/(?<name>[^/:]+):streamGenerateContent$/, 'gemini'), isStream: true },
  { ...post(/^\/model\/(?<name>[^/]+)\/invoke$/, 'bedrock'), isStream: false },
  { ...post(/^\/model\/(?<name>[^/]+)\/invoke-with-response-stream$/, 'bedrock'), isStream: true },
  post(new RegExp(`${VERTEX_CLAUDE}/count-tokens:rawPredict$`), 'vertex', 'count_tokens'),
  { ...post(new RegExp(`${VERTEX_CLAUDE}/(?<name>[^/:]+):rawPredict$`), 'vertex'), isStream: false },
  { ...post(new RegExp(`${VERTEX_CLAUDE}/(?<name>[^/:]+):streamRawPredict$`), 'vertex'), isStream: true },
  post(/^\/serving-endpoints\/(?<name>[^/]+)\/invocations$/, 'databricks'),
  post(/^\/serving-endpoints\/chat\/completions$/, 'databricks'),
  post(/^\/serving-endpoints\/embeddings$/, 'databricks', 'embeddings'),
  post(/^\/openai\/deployments\/(?<name>[^/]+)\/chat\/completions$/, 'azure'),
  post(/^\/openai\/deployments\/(?<name>[^/]+)\/embeddings$/, 'azure', 'embeddings'),
  post(/^\/openai\/v1\/chat\/completions$/, 'azure'),
  post(/^\/openai\/v1\/embeddings$/, 'azure', 'embeddings'),
  get(/^\/openai\/v1\/models(\/(?<name>.+))?$/, 'azure'),
  post(/^(\/.*)?\/v1\/messages$/, 'anthropic'),
  post(/^(\/.*)?\/v1\/messages\/count_tokens$/, 'anthropic', 'count_tokens'),
  post(/^(\/.*)?\/responses$/, 'responses'),
  post(/^(\/.*)?\/responses\/input_tokens$/, 'responses', 'count_tokens'),
  post(/^(\/.*)?\/chat\/completions$/, 'openai'),
  post(/^(\/.*)?\/embeddings$/, 'openai', 'embeddings'),
  get(/^(\/.*)?\/models(\/(?<name>.+))?$/, 'openai'),
]

/** The profile of a request, or null if nothing lives there. Model lists are Anthropic's if its version header is. */
export function profileOf(method: string, path: string, headers: Headers): Profile | null {
  for (const route of ROUTES) {
    if (route.method !== (method === 'HEAD' ? 'GET' : method)) continue
    const match = route.path.exec(path)
    if (match === null) continue
    const { operation } = route
    const flavor = operation === 'models' && headers.has('anthropic-version') ? 'anthropic' : route.flavor
    const name = match.groups?.name
    return {
      operation,
      flavor,
      ...(name !== undefined && { name: decode(name) }),
      ...(route.isStream !== undefined && { isStream: route.isStream }),
    }
  }
  return null
}

function post(path: RegExp, flavor: Flavor, operation: Profile['operation'] = 'inference'): Route {
  return { method: 'POST', path, operation, flavor }
}

function get(path: RegExp, flavor: Flavor): Route {
  return { method: 'GET', path, operation: 'models', flavor }
}

/** A name with a broken escape stays as it was written. */
function decode(name: string): string {
  return /%(?![0-9a-f]{2})/i.test(name) ? name : decodeURIComponent(name)
}
