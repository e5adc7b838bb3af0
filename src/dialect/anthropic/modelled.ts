const set = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/** Members that lynkr models of a whole answer and of each type of block; whatever else stands there is carried along. */
export const MODELLED = {
  message: set('id type role model content stop_reason stop_sequence usage'),
  text: set('type text citations cache_control'),
  thinking: set('type thinking signature cache_control'),
  redacted_thinking: set('type data cache_control'),
  tool_use: set('type id name input cache_control'),
  tool_result: set('type tool_use_id content is_error cache_control'),
  image: set('type source cache_control'),
  document: set('type source title cache_control'),
} as const
