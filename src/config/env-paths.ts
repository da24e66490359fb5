import { keyOf, type ListShape, type SectionShape, type Shape } from './shape.ts'

/** What a variable sets: a value, or (without a shape) a provider or channel as a whole. */
export interface Target {
  /** From the root; a position below the sections of a family, any word below `regopts`. */
  readonly path: readonly string[]
  readonly shape?: Shape
}

export type Resolution =
  | { readonly target: Target }
  | { readonly leftOut: { readonly path: string; readonly note: string } }
  /** `matched` keys were found; then came `word`, where `known` would have been right. */
  | { readonly path: string; readonly word: string; readonly known: readonly string[]; readonly matched: number }

/**
 * Finds what the words of a variable's name mean: keys in lower case, of one word (`firstchecknotif`) or of several
 * (`first_check_notif`, `token_file`). Entries of `regopts` have any word as their key; a second channel of a kind is
 * `mail_1_host`; the rest of the name is the key in a map, with dots for underscores.
 */
export function resolveName(root: SectionShape, words: readonly string[]): Resolution {
  return inSection(root, words, [])
}

function inSection(shape: SectionShape, words: readonly string[], path: readonly string[]): Resolution {
  let best = miss(path, words, [...shape.keys.keys()])
  for (let count = 1; count <= words.length; count += 1) {
    const name = words.slice(0, count).join('')
    const left = shape.leftOut && keyOf(shape.leftOut, name)
    if (left !== undefined) return { leftOut: { path: [...path, left].join('.'), note: shape.leftOut!.get(left)! } }
    const key = name === '' ? undefined : keyOf(shape.keys, name)
    if (key === undefined) continue
    const found = inShape(shape.keys.get(key)!, words.slice(count), [...path, key])
    if (!('matched' in found)) return found
    if (found.matched > best.matched) best = found
  }
  return best
}

function inShape(shape: Shape, words: readonly string[], path: readonly string[]): Resolution {
  switch (shape.kind) {
    case 'section':
      return inSection(shape, words, path)
    case 'value':
      return words.length === 0 ? { target: { path, shape } } : miss(path, words)
    case 'map':
      return words.length === 0 || words.includes('')
        ? miss(path, words)
        : { target: { path: [...path, words.join('.')], shape } }
    case 'list':
      return inList(shape, words, path)
  }
}

function inList({ item, oneOrMany }: ListShape, words: readonly string[], path: readonly string[]): Resolution {
  const [first = '', ...others] = words
  if (!oneOrMany) {
    return first === '' || others.length === 0 ? miss(path, words) : inSection(item, others, [...path, first])
  }
  const numbered = /^\d$/.test(first)
  const rest = numbered ? others : words
  const here = [...path, numbered ? first : '0']
  return rest.length === 0 ? { target: { path: here } } : inSection(item, rest, here)
}

type Miss = Extract<Resolution, { matched: number }>

function miss(path: readonly string[], words: readonly string[], known: readonly string[] = []): Miss {
  return { path: path.filter((step) => step !== '0').join('.'), word: words.join(''), known, matched: path.length }
}
