// The dashboard: reads what the server knows, shows it, and reads again when an event says that something happened.
// Whatever comes from outside is put on the page as text only.
import { showProgress, updateCard } from './updates.js'

const REFRESH_MS = 300
const RETRY_MS = 3000
const at = (id) => document.getElementById(id)
const shown = new Map()
let pending
let nextLook
let refreshing = false
let again = false
let source
let lastEventId

async function ask(path, options) {
  const response = await fetch(path, { headers: { accept: 'application/json' }, ...options })
  if (response.status === 204) return undefined
  const body = await response.json()
  if (!response.ok) throw new Error([body.error, body.remedy].filter(Boolean).join(' '))
  return body
}

async function refresh() {
  if (refreshing) {
    again = true
    return
  }
  refreshing = true
  try {
    do {
      again = false
      const [status, inbox, failed, undelivered, rollouts] = await Promise.all([
        ask('/api/v1/status'),
        ask('/api/v1/inbox'),
        ask('/api/v1/images?status=failed'),
        ask('/api/v1/deliveries?state=failed'),
        ask('/api/v1/rollouts?open=true'),
      ])
      lastEventId ??= status.lastEventId
      show(status, inbox.items, failed.images, undelivered.deliveries)
      showList('rollouts', rollouts.updates, (update) => updateCard(update, { make, time }))
    } while (again)
    at('connection').hidden = source?.readyState === EventSource.OPEN || source === undefined
    follow()
  } catch {
    at('connection').hidden = false
    setTimeout(refresh, RETRY_MS)
  } finally {
    refreshing = false
  }
}

/** At once after a quiet time, and then not more often than every REFRESH_MS. */
function refreshSoon() {
  if (pending !== undefined) {
    again = true
    return
  }
  void refresh()
  pending = setTimeout(() => {
    pending = undefined
    if (again) refreshSoon()
  }, REFRESH_MS)
}

function follow() {
  if (source !== undefined) return
  source = new EventSource(`/api/v1/events?lastEventId=${lastEventId}`)
  source.onopen = () => {
    at('connection').hidden = true
  }
  source.onmessage = ({ lastEventId: id }) => {
    lastEventId = Number(id)
    refreshSoon()
  }
  source.addEventListener('progress', ({ data }) => showProgress(JSON.parse(data)))
  source.onerror = () => {
    at('connection').hidden = false
    // The browser tries again by itself unless it was refused.
    if (source.readyState !== EventSource.CLOSED) return
    source = undefined
    setTimeout(refresh, RETRY_MS)
  }
}

function show(status, items, failed, undelivered) {
  const waiting = items.filter((item) => !item.acknowledged)
  showStatus(status, waiting.length)
  showBanners(status)
  showList('waiting', waiting, waitingCard)
  showList('failed', failed, failedCard)
  showList('deliveries', undelivered, deliveryCard)
  showList(
    'acknowledged',
    items.filter((item) => item.acknowledged),
    waitingCard,
  )
  at('empty').hidden = waiting.length > 0
  at('empty').textContent = emptyText(status)
  document.title = waiting.length > 0 ? `(${waiting.length}) Seaworthy` : 'Seaworthy'
}

function emptyText({ lastCheck, images, workloads }) {
  if (lastCheck === undefined) return 'Nothing is known yet: the first check has not ended.'
  if (workloads === 0) return 'Nothing runs that could be watched, and nothing was reported.'
  const failed = images.failed ?? 0
  return failed > 0 ? `Nothing waits, but ${failed} could not be asked (see below).` : 'Nothing waits. All is current.'
}

function showStatus({ checking, progress, lastCheck, nextCheckAt, workloads, images, version }, waiting) {
  const total = Object.values(images).reduce((sum, count) => sum + count, 0)
  const parts = [`${waiting} waiting`, `${count(total, 'image')} of ${count(workloads, 'workload')}`]
  if (checking) parts.push(progress ? `checking ${progress.done} of ${progress.total}` : 'checking')
  if (lastCheck) parts.push('last check ', time(lastCheck.finishedAt))
  if (!checking) parts.push(nextCheckAt ? 'next ' : 'no schedule', nextCheckAt ? time(nextCheckAt) : '')
  const nodes = parts.flatMap((part, index) =>
    index > 0 && typeof part === 'string' && part !== '' ? [' · ', part] : [part],
  )
  at('status').replaceChildren(...nodes)
  at('progress').hidden = !checking
  if (progress) Object.assign(at('progress'), { max: progress.total || 1, value: progress.done })
  else at('progress').removeAttribute('value')
  at('footer').textContent = `Seaworthy ${version}`
  // Progress makes no events.
  clearTimeout(nextLook)
  if (checking) nextLook = setTimeout(refreshSoon, 1000)
}

function showBanners({ failedProviders }) {
  const text = JSON.stringify(failedProviders)
  if (shown.get('banners') === text) return
  shown.set('banners', text)
  at('banners').replaceChildren(
    ...failedProviders.map(({ provider, host, error }) =>
      make(
        'p',
        { className: 'banner' },
        make('strong', {}, `${provider} (${host}) cannot be reached. `),
        `${error} `,
        provider === 'docker'
          ? 'See that Docker runs, that its socket is mounted into this container (or DOCKER_HOST is right), and that this user may open it. '
          : 'See that it runs and that its settings are right. ',
        'Until then this page shows what was known last.',
      ),
    ),
  )
}

/** Cards whose data did not change stay the same elements, so that focus and selection stay where they are. */
function showList(id, items, card) {
  const before = shown.get(id) ?? new Map()
  const after = new Map()
  for (const item of items) {
    const text = JSON.stringify(item)
    after.set(text, before.get(text) ?? card(item))
  }
  shown.set(id, after)
  const cards = [...after.values()]
  if (cards.length !== before.size || cards.some((element, index) => at(id).children[index] !== element)) {
    at(id).replaceChildren(...cards)
  }
  at(`${id}-count`).textContent = items.length > 0 ? `(${items.length})` : ''
  const section = at(`${id}-section`)
  if (section) section.hidden = items.length === 0
}

function waitingCard(item) {
  const { image, from, to, level, reason, since, staleSince, hubLink, acknowledged } = item
  const sameTag = from.tag === to.tag
  const [before, after] = sameTag ? [short(from.digest), short(to.digest)] : [from.tag, to.tag]
  return make(
    'li',
    {},
    make('h3', {}, familiar(image)),
    stepLine(before, after, level),
    make('p', {}, reason),
    make('p', { className: 'soft' }, runsWhere(item), 'waiting since ', time(since)),
    staleSince
      ? make('p', { className: 'error' }, 'The registry does not answer now; known since ', time(staleSince))
      : '',
    make(
      'div',
      { className: 'actions' },
      acknowledgeButton(image, acknowledged),
      /^https?:\/\//.test(hubLink ?? '') ? make('a', { href: hubLink, rel: 'noreferrer' }, 'About the image') : '',
    ),
  )
}

function stepLine(before, after, level) {
  if (!after) return ''
  return make(
    'p',
    { className: 'step' },
    ...(before ? [make('code', {}, before), make('span', { ariaLabel: 'to', role: 'img' }, '→')] : []),
    make('code', {}, after),
    level ? make('span', { className: `level ${level}` }, level === 'digest' ? 'new build' : level) : '',
  )
}

function acknowledgeButton(image, acknowledged) {
  const button = make('button', { type: 'button' }, acknowledged ? 'Let it wait again' : 'Acknowledge')
  button.setAttribute('aria-label', `${button.textContent}: ${familiar(image)}`)
  button.onclick = async () => {
    button.disabled = true
    const name = encodeURIComponent(image)
    try {
      if (acknowledged) await ask(`/api/v1/updates/${name}/ack`, { method: 'DELETE' })
      else await ask(`/api/updates/${name}`, { method: 'PATCH' })
      await refresh()
      at('waiting-title').focus()
    } catch (error) {
      button.disabled = false
      button.after(make('span', { className: 'error', role: 'alert' }, error.message))
    }
  }
  return button
}

function failedCard({ reference, error, reason, staleSince, checkedAt }) {
  return make(
    'li',
    {},
    make('h3', {}, familiar(reference)),
    make('p', { className: 'error' }, error ?? reason),
    staleSince
      ? make('p', { className: 'soft' }, 'Last good answer ', time(staleSince))
      : make('p', { className: 'soft' }, 'Never answered; last tried ', time(checkedAt)),
  )
}

function deliveryCard({ channel, images, lastError, attempts, createdAt }) {
  return make(
    'li',
    {},
    make('h3', {}, `${channel}: ${images.map(familiar).join(', ')}`),
    make('p', { className: 'error' }, lastError ?? 'It did not arrive.'),
    make('p', { className: 'soft' }, `Tried ${count(attempts, 'time')}, from `, time(createdAt)),
  )
}

function runsWhere({ workloads, hostname }) {
  const names = workloads.map(({ name }) => name)
  const hosts = [...new Set(workloads.map(({ host }) => host))]
  if (names.length > 0) return `Runs as ${names.join(', ')} on ${hosts.join(', ')}; `
  return hostname ? `Reported by ${hostname}; ` : ''
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function familiar(image) {
  return image.replace(/^docker\.io\/(library\/)?/, '')
}

function short(digest) {
  return digest?.replace(/^(sha256:)?(.{12}).*$/, '$2')
}

function time(text) {
  const element = make('time', { dateTime: text, title: new Date(text).toLocaleString() })
  element.textContent = age(text)
  return element
}

function age(text) {
  const seconds = (new Date(text) - Date.now()) / 1000
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
  for (const [unit, length] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ]) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit)
  }
  return seconds > 0 ? 'in less than a minute' : 'just now'
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

setInterval(() => {
  for (const element of document.querySelectorAll('time')) element.textContent = age(element.dateTime)
}, 30_000)
void refresh()
