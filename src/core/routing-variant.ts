/**
 * The name of a model without what only chooses who serves it: `openai/gpt-6:nitro` is `openai/gpt-6`, which is what it is
 * billed and limited as. Linear in its length.
 *
 * @see https://openrouter.ai/docs/guides/routing/model-variants/overview, "Routing variants"
 */
export function withoutRoutingVariant(model: string): string {
  return model.includes(':') ? model.replace(VARIANTS, '') : model
}

/** Whether OpenRouter searches the web for whoever asks for a model by this name. */
export function searchesByName(model: string): boolean {
  return model.slice(withoutRoutingVariant(model).length).includes(':online')
}

const VARIANTS = /(?::(?:nitro|floor|exacto|online))+$/
