const PRE_RELEASE =
  /^(?:alpha|beta|rc|cr|pre|preview|dev|snapshot|nightly|canary|next|m|milestone|ea|unstable|testing)$/i
const RUN = /\d+|\.\d+|[^\d.]+|\./g

/**
 * Orders tags the way people read them: runs of digits by their value, more numbers above fewer, pre-release words below the
 * bare version and every other suffix above it. Total and deterministic, also across unlike tags.
 */
export function compareNatural(a: string, b: string): number {
  const left = runsOf(a)
  const right = runsOf(b)
  const length = Math.max(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const order = compareRuns(left[index], right[index])
    if (order !== 0) return order
  }
  return a < b ? -1 : Number(a > b)
}

function runsOf(tag: string): string[] {
  return tag.match(RUN) ?? []
}

/** The place of a run among its like: pre-release word, end of the tag, other text, stand-alone number, dotted number. */
function kindOf(run: string | undefined): number {
  if (run === undefined) return 1
  if (/^\.\d/.test(run)) return 4
  if (/^\d/.test(run)) return 3
  return PRE_RELEASE.test(run.replace(/[^A-Za-z]/g, '')) ? 0 : 2
}

function compareRuns(a: string | undefined, b: string | undefined): number {
  const kind = kindOf(a)
  const order = kind - kindOf(b)
  if (order !== 0 || a === undefined || b === undefined) return order
  if (kind >= 3) return compareDigits(a.replace('.', ''), b.replace('.', ''))
  return a < b ? -1 : Number(a > b)
}

function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+(?=\d)/, '')
  const right = b.replace(/^0+(?=\d)/, '')
  return left.length - right.length || (left < right ? -1 : Number(left > right))
}
