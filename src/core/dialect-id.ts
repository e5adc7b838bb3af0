/** The wire languages that lynkr speaks. */
export type DialectId = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini' | 'bedrock-converse'
