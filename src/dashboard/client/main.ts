import type { Hello, Point, State } from '../wire.ts'
import { createBreakers } from './breakers.ts'
import { createCharts } from './charts.ts'
import { openDetail } from './detail.ts'
import { byId, setText } from './dom.ts'
import { listen } from './live.ts'
import { createPanels } from './panels.ts'
import { createRequests } from './requests.ts'
import { createTiles } from './tiles.ts'

const POINTS_MAX = 900

async function send(path: string, body: object): Promise<Response> {
  return fetch(`/dashboard/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

function showLogin(): void {
  const login = byId('login', HTMLElement)
  login.hidden = false
  const key = byId('key', HTMLInputElement)
  key.focus()
  login.querySelector('form')?.addEventListener('submit', async (event) => {
    event.preventDefault()
    const refusal = await tryLogIn(key.value)
    if (refusal !== null) {
      setText(byId('login-error', HTMLElement), refusal)
      key.select()
      return
    }
    key.value = ''
    login.hidden = true
    showBoard()
  })
}

/** @returns why not, or `null` */
async function tryLogIn(key: string): Promise<string | null> {
  try {
    const { ok, status } = await send('login', { key })
    if (ok) return null
    return status === 401 ? 'That is not the admin key.' : `lynkr refuses it with ${status}.`
  } catch (thrown) {
    if (thrown instanceof Error) return 'lynkr does not answer.'
    throw thrown
  }
}

function showBoard(): void {
  byId('board', HTMLElement).hidden = false
  let points: Point[] = []
  let providers: readonly string[] = []
  const charts = createCharts(byId('charts', HTMLElement))
  const breakers = createBreakers(byId('charts', HTMLElement))
  const tiles = createTiles()
  const panels = createPanels()
  const requests = createRequests(openDetail)
  const switches = createSwitches()

  function show(state: State): void {
    tiles(state, points.at(-1))
    panels(state, requests.all())
    charts.show(points)
    breakers(providers, points)
    switches(state)
  }

  listen({
    onHello(hello: Hello) {
      points = [...hello.points]
      providers = hello.providers
      requests.reset(hello.requests)
      show(hello.state)
    },
    onTick(tick) {
      points = [...points, tick.point].slice(-POINTS_MAX)
      requests.add(tick.requests)
      show(tick.state)
    },
    onState(state) {
      if (state === 'ended') return location.reload()
      const live = byId('live', HTMLElement)
      setText(live, state === 'live' ? 'live' : 'connection lost, trying again')
      live.classList.toggle('lost', state === 'lost')
    },
  })
}

/** The buttons of the header. @returns shows what the server says about them */
function createSwitches(): (state: State) => void {
  const debug = byId('debug', HTMLButtonElement)
  const isPressed = (): boolean => debug.getAttribute('aria-pressed') === 'true'
  debug.addEventListener('click', async () => {
    const wanted = !isPressed()
    const answer = await send('debug', { isDebug: wanted })
    if (answer.ok) debug.setAttribute('aria-pressed', String(wanted))
  })
  byId('logout', HTMLButtonElement).addEventListener('click', async () => {
    await send('logout', {})
    location.reload()
  })
  return ({ isDebug, snapshot }) => {
    debug.setAttribute('aria-pressed', String(isDebug))
    setText(byId('build', HTMLElement), `${snapshot.build.version} (${snapshot.build.commit})`)
  }
}

const session: { isLoggedIn: boolean } = await (await fetch('/dashboard/session')).json()
if (session.isLoggedIn) showBoard()
else showLogin()
