/** Who waits for a request, from the most to the least urgent. The position is the class's rank. */
export const REQUEST_CLASSES = ['main', 'subagent', 'background', 'batch'] as const
export type RequestClass = (typeof REQUEST_CLASSES)[number]
