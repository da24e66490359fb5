// The cards of updates under way. Whatever comes from outside is put on the page as text only.

/** One update: where it goes, how far it is, and what a person has to run where it needs one. */
export function updateCard({ id, plan, phase, error, commands, startedAt, actor }, { make, time }) {
  const { name, host, from, to } = plan
  const sameName = from.reference === to.reference
  const pull = make('p', { className: 'soft' })
  pull.dataset.update = id
  return make(
    'li',
    {},
    make('h3', {}, `${name} on ${host}`),
    make(
      'p',
      { className: 'step' },
      make('code', {}, from.reference),
      make('span', { ariaLabel: 'to', role: 'img' }, '→'),
      make('code', {}, sameName ? `a new build (${(to.digest ?? '').slice(7, 19)})` : to.reference),
      make('span', { className: 'level' }, phase),
    ),
    error ? make('p', { className: 'error' }, error) : '',
    phase === 'needs-operator' && commands.length > 0
      ? make('p', {}, 'To put it right, run: ', ...commands.flatMap((command) => [make('code', {}, command), ' ']))
      : '',
    pull,
    make('p', { className: 'soft' }, `Begun by ${actor} `, time(startedAt)),
  )
}

/** How far the pull of an update is, on its card, where there is one. */
export function showProgress({ update, progress: { done, total } }) {
  for (const line of document.querySelectorAll('[data-update]')) {
    if (line.dataset.update !== update) continue
    line.textContent = `Pulling: ${megabytes(done)}${total === undefined ? '' : ` of ${megabytes(total)}`}`
  }
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
