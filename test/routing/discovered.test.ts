import { describe, expect, test } from 'bun:test'
import type { Provider } from '../../src/core/target.ts'
import { openDiscovered } from '../../src/routing/discovered.ts'
import { createRouter, type Routes } from '../../src/routing/router.ts'
import { providerAt } from '../support/proxy.ts'

function provider(id: string, members: Partial<Provider> = {}): Provider {
  return { ...providerAt(`https://${id}.example`), id, ...members }
}

/** A router over providers that have said what they have. */
function routerOver(
  providers: readonly Provider[],
  said: Record<string, readonly string[]>,
  more: Partial<Routes> = {},
) {
  const discovered = openDiscovered()
  for (const [id, names] of Object.entries(said)) {
    discovered.learn(
      id,
      names.map((name) => ({ id: name, displayName: `The ${name}`, createdS: 60 })),
    )
  }
  const [defaultProvider] = providers
  if (defaultProvider === undefined) throw new Error('a router needs a provider')
  return createRouter({ providers, defaultProvider, aliases: {}, routes: {}, ...more }, discovered)
}

const placesOf = (router: ReturnType<typeof routerOver>, model: string) =>
  router.route(model).map(({ provider: { id }, model: name }) => `${id}/${name}`)

describe('what a provider says that it has', () => {
  test('takes a name that the default lane knows nothing of', () => {
    const router = routerOver([provider('main'), provider('side')], { main: ['m'], side: ['s'] })

    expect(placesOf(router, 's')).toEqual(['side/s'])
    expect(placesOf(router, 'unheard-of')).toEqual(['main/unheard-of'])
  })

  test('takes no name from a default lane that has it too', () => {
    const router = routerOver(
      [provider('side'), provider('main')],
      { main: ['both'], side: ['both'] },
      {
        defaultProvider: provider('main'),
      },
    )

    expect(placesOf(router, 'both')).toEqual(['main/both'])
  })

  test('takes no name that the configuration maps for the default lane', () => {
    const main = provider('main', { modelMap: [{ from: 'claude-*', to: 'ours-*' }] })
    const fixed = provider('main', { model: 'the-one' })

    expect(placesOf(routerOver([main, provider('side')], { side: ['claude-x'] }), 'claude-x')).toEqual(['main/ours-x'])
    expect(placesOf(routerOver([fixed, provider('side')], { side: ['gpt-x'] }), 'gpt-x')).toEqual(['main/the-one'])
  })

  test('comes after routes, aliases and lists of the file', () => {
    const listing = provider('listing', { catalogue: { models: ['listed'], isClosed: false } })
    const to = (model: string) => ({ provider: listing, model })
    const router = routerOver(
      [provider('main'), provider('side'), listing],
      { side: ['routed', 'aliased', 'listed'] },
      { routes: { routed: [to('r')] }, aliases: { aliased: to('a') } },
    )

    expect(['routed', 'aliased', 'listed'].map((name) => placesOf(router, name))).toEqual([
      ['listing/r'],
      ['listing/a'],
      ['listing/listed'],
    ])
  })

  test('is used as soon as it is known, without a new router', () => {
    const discovered = openDiscovered()
    const main = provider('main')
    const all = { providers: [main, provider('side')], defaultProvider: main, aliases: {}, routes: {} }
    const router = createRouter(all, discovered)

    discovered.learn('side', [{ id: 's', displayName: null, createdS: null }])

    expect(router.route('s')[0]?.provider.id).toBe('side')
    discovered.learn('side', [])
    expect(router.route('s')[0]?.provider.id).toBe('main')
  })

  test('closes a catalogue that is configured closed without a list, once it is said', () => {
    const closed = provider('main', { catalogue: { models: [], isClosed: true } })

    expect(placesOf(routerOver([closed], {}), 'any')).toEqual(['main/any'])
    expect(() => placesOf(routerOver([closed], { main: ['claude-one'] }), 'claude-oen')).toThrow('near are claude-one')
  })

  test('adds nothing to a closed list of the file', () => {
    const closed = provider('main', { catalogue: { models: ['listed'], isClosed: true } })
    const router = routerOver([closed], { main: ['said'] })

    expect(router.list().map(({ id }) => id)).toEqual(['listed'])
    expect(() => router.route('said')).toThrow('not known here')
  })
})

describe('the list of models', () => {
  const main = provider('main', { catalogue: { models: ['listed'], isClosed: false } })
  const router = routerOver(
    [main, provider('side')],
    { main: ['m'], side: ['s', 'm'] },
    {
      routes: { 'a-route': [{ provider: main, model: 'm' }], 'r-*': [{ provider: main, model: 'x-*' }] },
      aliases: { fast: { provider: main, model: 's' }, 'p-*': { provider: main, model: 'm' } },
    },
  )

  test('has every name once, aliases and routes first, patterns not', () => {
    expect(router.list().map(({ id }) => id)).toEqual(['a-route', 'fast', 'listed', 'm', 's'])
  })

  test('holds nothing that would not route', () => {
    for (const { id, targets } of router.list()) expect(router.route(id)).toEqual(targets)
  })

  test('shows the title of a model, not of an alias', () => {
    expect(router.show('s').displayName).toBe('The s')
    expect(router.show('fast').displayName).toBeNull()
  })

  test('shows what a pattern takes, and not what nobody knows', () => {
    expect(router.show('r-7').targets[0]?.model).toBe('x-7')
    expect(() => router.show('lsited')).toThrow('near are listed')
  })

  test('shows any name where the default lane has no catalogue', () => {
    expect(routerOver([provider('main')], {}).show('any').targets[0]?.model).toBe('any')
  })
})
