import { tryObjectIn } from '../../core/json.ts'

/**
 * A call's argument as the JSON text of an object. What a model left unfinished, or wrote as none, stands in one as text:
 * servers that read the arguments of earlier calls refuse any other, and with it the conversation from then on.
 */
export function callArguments(inputJson: string): string {
  if (inputJson === '') return '{}'
  return tryObjectIn(inputJson) !== null ? inputJson : JSON.stringify({ INVALID_JSON: inputJson })
}
