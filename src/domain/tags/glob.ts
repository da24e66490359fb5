/**
 * Whether the whole text matches a shell pattern: `*` any run of characters, `?` one, `[a-z]` one of a set, `[!a-z]` one outside
 * it. A `[` that is never closed stands for itself. The steps are bounded by the product of both lengths.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const atoms = readAtoms(pattern)
  let atom = 0
  let at = 0
  let star = -1
  let retry = 0
  while (at < text.length) {
    const current = atoms[atom]
    if (current === 'any-run') {
      star = atom
      retry = at
      atom += 1
    } else if (current?.(text[at] ?? '')) {
      atom += 1
      at += 1
    } else if (star >= 0) {
      atom = star + 1
      retry += 1
      at = retry
    } else {
      return false
    }
  }
  return atoms.slice(atom).every((rest) => rest === 'any-run')
}

type Atom = 'any-run' | ((character: string) => boolean)

function readAtoms(pattern: string): Atom[] {
  const atoms: Atom[] = []
  let at = 0
  while (at < pattern.length) {
    const character = pattern[at] ?? ''
    const close = character === '[' ? endOfSet(pattern, at) : -1
    if (close > 0) {
      atoms.push(readSet(pattern.slice(at + 1, close)))
      at = close + 1
      continue
    }
    if (character === '*') atoms.push('any-run')
    else atoms.push(character === '?' ? () => true : (other) => other === character)
    at += 1
  }
  return atoms
}

/** A `]` right behind the opening is a member of the set. */
function endOfSet(pattern: string, open: number): number {
  const first = pattern[open + 1] === '!' ? open + 2 : open + 1
  return pattern.indexOf(']', first + 1)
}

function readSet(body: string): Atom {
  const negated = body.startsWith('!')
  const members = negated ? body.slice(1) : body
  const ranges: [string, string][] = []
  let at = 0
  while (at < members.length) {
    const from = members[at] ?? ''
    const to = members[at + 1] === '-' ? members[at + 2] : undefined
    ranges.push([from, to ?? from])
    at += to === undefined ? 1 : 3
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated
}
