/**
 * Bounds that are not settings, each with unit and reason. One that concerns a single file may be a constant there.
 * A queue, map, buffer or loop over input without a bound is a bug.
 */

/** Request body while streaming in. Anthropic's own limit is 32 MB. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024

/** Nesting of a request's JSON. Real bodies stay under 20; recursive readers must not meet a stack limit. */
export const JSON_DEPTH_MAX = 128

/**
 * Values, names and pieces of long texts in a schema once its references are written out. Real tools have some thousand;
 * definitions that use each other twice double with each, and one long text may be used often.
 */
export const SCHEMA_PARTS_MAX = 20_000

/** Characters of a text in a schema that count as a part of it: what is written out stays under 5 MB. */
export const SCHEMA_PART_CHARS = 256

/** Values in a request's JSON, which are parsed within a second. 32 MB of short messages have a third of that. */
export const JSON_VALUES_MAX = 2_000_000

/** Shorter texts are parsed in time whatever they hold, so that nobody counts. */
export const JSON_WEIGHED_CHARS_MIN = 512 * 1024

/** Whole non-streaming upstream response: four times the largest output a model can produce, images included. */
export const RESPONSE_BYTES_MAX = 64 * 1024 * 1024

/** One SSE frame. The largest real ones are search results of a few hundred KB; it bounds memory of a broken upstream. */
export const FRAME_BYTES_MAX = 8 * 1024 * 1024

/** Upstream error bodies are read whole before they are passed on; beyond this they are cut. */
export const ERROR_BODY_BYTES_MAX = 256 * 1024

/** What is held back of a stream until the first meaningful frame, before lynkr commits all the same. */
export const HELD_BACK_BYTES_MAX = 1024 * 1024

/** Open content blocks of one stream. Real responses have under 100. */
export const STREAM_BLOCKS_MAX = 10_000

/**
 * Characters of a model's name in a request. The longest real ones are ARNs of some 200; a budget has it in its key, of
 * which PostgreSQL takes 2,700 bytes, and one that it refuses would keep the whole ledger waiting.
 */
export const ASKED_MODEL_CHARS_MAX = 512

/** Models that one request names to fall back on; a key's lists are asked for each. Real ones name a handful. */
export const FALLBACK_MODELS_MAX = 100

/**
 * Tokens of one sort in one answer, a hundred times the longest prompt there is. A server that tells of more tells
 * nonsense, and a ledger that had added it up could not count any more.
 */
export const TOKENS_MAX = 1_000_000_000

/** Calls of a vendor's own tools in one answer; real ones stay under 100. A server that tells of more tells nonsense. */
export const TOOL_CALLS_MAX = 100_000

/** Dollars that a server may say one answer cost; the dearest there is stays under 1,000. More is nonsense. */
export const TOLD_USD_MAX = 10_000

/** Answers that clients may go on from by name, over all of them; ~200 bytes each beside the conversation. */
export const CONVERSATIONS_MAX = 10_000

/** Text of those conversations in all, in characters. Clients whose conversation is gone send it again. */
export const CONVERSATIONS_CHARS_MAX = 64 * 1024 * 1024

/** Characters of the name of such an answer. Real ones stay under 100; gateways that pack something into them, under 500. */
export const RESPONSE_ID_CHARS_MAX = 1_024

/** How long such an answer may be gone on from, in ms: longer than anybody thinks about the next turn. */
export const CONVERSATION_MS_MAX = 3_600_000

/** WebSockets open at the same time; ~20 KB each while they are idle. */
export const SOCKETS_MAX = 10_000

/** Life of a WebSocket, in ms: OpenAI ends them after an hour too, and its clients then open another. */
export const SOCKET_MS_MAX = 3_600_000

/** Characters of a client's text repeated in an error message or log field. */
export const ECHO_CHARS_MAX = 120

/** A conversation's name on a WebSocket, which every one of its events repeats. */
export const STREAM_ID_CHARS_MAX = 256

/** Length of a client's own request id that is accepted as ours. */
export const REQUEST_ID_CHARS_MAX = 128

/** Characters of tool calls that wait, in one stream, until the call before them is complete. */
export const TOOL_CALL_WAIT_CHARS_MAX = 8 * 1024 * 1024

/** Distinct providers as metric labels; later ones of the configuration share `other`. With the two below: ≤ 2,000 series. */
export const METRIC_PROVIDERS_MAX = 12

/** Distinct models as metric labels; later ones share `other`. */
export const METRIC_MODELS_MAX = 40

/** Providers whose breaker is shown; more than the table of providers has rows, so that no open breaker is hidden. */
export const METRIC_BREAKERS_MAX = 64

/**
 * Characters of one text in the log: words of an upstream, say, which are as long as it likes, and are looked through for
 * credentials.
 */
export const LOG_WORDS_CHARS_MAX = 8 * 1024

/** Characters of log waiting for a reader of stdout; beyond it lines are dropped and counted, for a stuck reader must not eat memory. */
export const LOG_BUFFER_CHARS_MAX = 8 * 1024 * 1024

/** Finished requests whose spans wait for the collector; beyond it they are left out of the traces and counted. */
export const TRACED_REQUESTS_MAX = 2_000

/** Attempts of one request that are told one by one; the limit of attempts is far below. */
export const ATTEMPTS_TOLD_MAX = 16

/** Finished requests that the dashboard remembers; ~1 KB each, and no content. */
export const RECENT_REQUESTS_MAX = 500

/** Seconds of history that the dashboard's charts show. */
export const DASHBOARD_SECONDS_MAX = 900

/** Budgets that the dashboard shows: with one per key there may be thousands. */
export const DASHBOARD_BUDGETS_MAX = 50

/** Browsers that may watch the dashboard at the same time. */
export const DASHBOARD_WATCHERS_MAX = 16

/** Logged-in dashboard sessions; beyond it the oldest is logged out. */
export const DASHBOARD_SESSIONS_MAX = 32

/** A caller's path, in bytes: Linux's PATH_MAX. */
export const PATH_BYTES_MAX = 4096

/** One component of a caller's path, in bytes: NAME_MAX of every common file system. */
export const PATH_COMPONENT_BYTES_MAX = 255

/** Components of a caller's path. Real trees stay under 40; it bounds the work of the guard. */
export const PATH_COMPONENTS_MAX = 128

/** Patterns of one access list. Matching is linear in those with a wildcard. */
export const ACCESS_PATTERNS_MAX = 1000

/** Elements of a command template. The longest sensible one has about 20. */
export const COMMAND_ARGV_MAX = 128

/** Templates of one configuration. */
export const COMMANDS_MAX = 500

/** Characters of one `string` value. Linux takes 128 KiB per argument; a value of 4,096 is already a text. */
export const COMMAND_STRING_CHARS_MAX = 4096

/** All values of one call, as JSON: far above the longest argv, far below what could hurt. */
export const COMMAND_BODY_BYTES_MAX = 256 * 1024

/** Containers of a lost engine that wait to be removed: far more than run at once; the sweep of the next start has the rest. */
export const LOST_CONTAINERS_MAX = 1_000

/** Circuit breakers, over all providers. Clients choose model names, so the map of them needs an end; ~400 bytes each. */
export const BREAKERS_MAX = 4096

/** Pairs of credential and model that wait after a 429, and credentials marked after a 401 or 403; ~150 bytes each. */
export const COOLDOWNS_MAX = 4096

/** The longest rest after one 429 or 401, in ms, whatever Retry-After says: one request an hour finds out again. */
export const COOLDOWN_MS_MAX = 3_600_000

/** The longest deadline a client may ask for with X-Stainless-Timeout, in ms. SDKs ask for ten minutes. */
export const DEADLINE_MS_MAX = 3_600_000

/** Longest wait that an upstream's Retry-After can ask for. A hostile or broken value must not bench a key for years. */
export const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000

/** A budget lease without a sign of life: its holds are charged and its slice returns. Plus one sweep it stays under 30 s. */
export const LEASE_TTL_MS = 25_000

/** Output assumed, and then asked for, where a budget is in force and the client set no limit: what common models can produce. */
export const OUTPUT_TOKENS_ASSUMED = 16_384

/** Searches of a vendor's own assumed of an answer where a request offers them without a limit: more than most have. */
export const SEARCHES_ASSUMED = 10

/** The same of calls of an advisor, each of which costs as much as the request or more. */
export const ADVICE_ASSUMED = 1

/** Output of an advisor assumed where a request sets no limit: Anthropic names 1,400 to 1,800 as usual, thinking included. */
export const ADVICE_TOKENS_ASSUMED = 4_096

/**
 * How long a client may take nothing of its answer, in ms, before it counts as gone: longer than anybody stops a terminal
 * to read, and an end to who would hold places at a provider for ever.
 */
export const CLIENT_STALL_MS = 600_000

/** How long a finished upstream stream may take to close, in ms, before its connection is given up. */
export const DRAIN_MS = 1_000

/** Bytes of `lynkr.yaml`: far more than a person writes, little enough to read at once. */
export const CONFIG_BYTES_MAX = 1024 * 1024

/** Syntax errors of a configuration file that are shown: what follows from the first is no help. */
export const CONFIG_SYNTAX_ERRORS_MAX = 10

/** Aliases in a configuration file, in all they stand for: enough to share an entry, too few for a YAML bomb. */
export const CONFIG_ALIASES_MAX = 100

/** Targets of which is remembered what they do not take; clients choose model names. ~500 bytes each. */
export const CAPABILITIES_MAX = 4_096

/** What is remembered of one of them; clients name betas. */
export const CAPABILITY_LESSONS_MAX = 64

/** Characters of a beta of which is remembered that it is not known. Real ones have some 40. */
export const BETA_CHARS_MAX = 128

/** Forms of vendors that were found missing, per provider and model; the oldest is forgotten first. */
export const FORMS_MISSING_MAX = 1_024

/** Models that one provider's list may name; the longest real one has about 500. */
export const MODELS_DISCOVERED_MAX = 2_000

/** Characters of a model's name in a list, and of its title. */
export const MODEL_NAME_CHARS_MAX = 256

/** A provider's model list, in bytes: 500 models with all their prices are under 1 MB. */
export const MODEL_LIST_BYTES_MAX = 8 * 1024 * 1024
