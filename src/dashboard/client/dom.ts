type Child = Node | string

/** The element with this id, which the page has. */
export function byId<E extends HTMLElement>(id: string, type: new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`the page has no ${id}`)
  return element
}

/** An element; attributes that are `null` are left out. Text is only ever set as text. */
export function element(
  tag: string,
  attributes: Readonly<Record<string, string | null>> = {},
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value)
  made.append(...children)
  return made
}

/** Sets text only where it differs, so that a screen reader is not told the same twice. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}
