/**
 * How servers say that a prompt does not fit. Groups: `prompt` tokens asked, `max` tokens the model has, `output`
 * tokens reserved for the answer, `total` = prompt + output. Collected from the servers' own wording, 2026-11.
 */
const NUMBERED: readonly RegExp[] = [
  /prompt is too long: (?<prompt>\d+) tokens > (?<max>\d+) maximum/i,
  /exceed context limit: (?<prompt>\d+) \+ (?<output>\d+) > (?<max>\d+)/i,
  /maximum context length is (?<max>\d+) tokens\b.*?requested (?:about )?(?<total>\d+) tokens \((?<prompt>\d+) (?:of text|in the messages)[^)]*?(?<output>\d+) in the (?:completion|output)/is,
  /maximum context length is (?<max>\d+) tokens and your request has (?<prompt>\d+) input tokens \((?<output>\d+) >/i,
  /maximum context length is (?<max>\d+) tokens\b.*?(?:resulted in|requested|contains(?: at least)?|has) (?:about )?(?<prompt>\d+)(?: input)? tokens/is,
  /(?:request|prompt) \((?<prompt>\d+) tokens\) exceeds the available context size \((?<max>\d+) tokens\)/i,
  /prompt contains (?<prompt>\d+) tokens.*?too large for model with (?<max>\d+) maximum context length/is,
  /input token count \((?<prompt>\d+)\) exceeds the maximum number of tokens allowed \((?<max>\d+)\)/i,
  /maximum prompt length is (?<max>\d+) but the request contains (?<prompt>\d+) tokens/i,
  /prompt \(length (?<prompt>\d+)\) is longer than the maximum model length of (?<max>\d+)/i,
  /exceeded model token limit: (?<max>\d+) \(requested: (?<prompt>\d+)\)/i,
  /must be <= (?<max>\d+)\. Given: (?<prompt>\d+) `inputs` tokens and (?<output>\d+) `max_new_tokens`/i,
  /prompt token count of (?<prompt>\d+) exceeds the limit of (?<max>\d+)/i,
  /input tokens exceed the configured limit of (?<max>\d+) tokens\b.*?resulted in (?<prompt>\d+) tokens/is,
  /keep the first (?<prompt>\d+) tokens when context.*?context length of only (?<max>\d+) tokens/is,
]

/** The same without numbers that could be read; `max` where it is told. */
const PLAIN: readonly RegExp[] = [
  /range of input length should be \[\d+, (?<max>\d+)\]/i,
  /maximum context length is (?<max>\d+)/i,
  /prompt (?:is )?too long/i,
  /input is too long/i,
  /input length and `max_tokens` exceed context limit/i,
  /maximum context length/i,
  /context_length_exceeded/i,
  /contextwindowexceedederror/i,
  /exceeds? the (?:model's )?context (?:window|length|size)/i,
  /exceeds the available context size/i,
  /exceed_context_size_error/i,
  /longer than the maximum model length/i,
  /exceeds the maximum number of tokens allowed/i,
  /maximum prompt length/i,
  /reduce the length of the (?:messages|prompt|input)/i,
  /exceeded model token limit/i,
  /greater than the context length/i,
  /prompt exceeds max(?:imum)? length/i,
  /input tokens exceed the configured limit/i,
]

/** Beyond this a message is cut before it is searched; real ones are under 2,000 characters. */
const SEARCHED_CHARS_MAX = 4_000

/**
 * A server's overflow message in the wording on which Claude Code compacts: ``prompt is too long: N tokens > M
 * maximum``. Where the prompt alone would have fitted, the wording on which it lowers `max_tokens` instead.
 *
 * @param facts counts that the error body tells in fields of their own (llama.cpp: `n_prompt_tokens`, `n_ctx`)
 * @returns `null` if this is not about the context window
 */
export function tryNormaliseOverflow(message: string, facts: { prompt: number; max: number }): string | null {
  // Thousands separators are the only difference between some servers.
  const text = message.slice(0, SEARCHED_CHARS_MAX).replace(/(\d),(?=\d{3}\b)/g, '$1')
  for (const pattern of NUMBERED) {
    const groups = pattern.exec(text)?.groups
    if (groups !== undefined) return worded(Number(groups.prompt), Number(groups.max), Number(groups.output ?? 0))
  }
  for (const pattern of PLAIN) {
    const match = pattern.exec(text)
    if (match === null) continue
    const max = facts.max > 0 ? facts.max : Number(match.groups?.max ?? 0)
    if (facts.prompt > 0 && max > 0) return worded(facts.prompt, max, 0)
    return max > 0 ? `prompt is too long: more than the ${max} tokens maximum` : 'prompt is too long for this model'
  }
  return null
}

function worded(prompt: number, max: number, output: number): string {
  if (output > 0 && prompt < max) {
    return `input length and \`max_tokens\` exceed context limit: ${prompt} + ${output} > ${max}, decrease input length or \`max_tokens\` and try again`
  }
  return `prompt is too long: ${prompt} tokens > ${max} maximum`
}
