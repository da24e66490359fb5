import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { Failure } from '../domain/failure.ts'
import type { Platform } from '../domain/platform.ts'
import type { WatchSettings } from '../domain/workload.ts'
import { type Draft, setField } from './_watch-list-fields.ts'

/** One line of a watch list. What it does not say is missing, so that the defaults can fill it. */
export interface ListEntry {
  readonly name: string
  /** `list.yml:12`, where the entry begins. */
  readonly where: string
  readonly settings: Partial<WatchSettings>
  readonly platform?: Partial<Platform>
  readonly metadata: Readonly<Record<string, string>>
}

export interface WatchList {
  readonly entries: readonly ListEntry[]
  /** What is wrong with single entries; each has its line as `where`. */
  readonly problems: readonly { readonly entry: string; readonly failure: Failure }[]
}

/**
 * Reads a watch list: Diun's fields, and `policy`, `minimum_age` and `select`. A bad entry does not spoil the others.
 * @param file for the places in messages.
 * @throws Failure `invalid` with file and line when the text is no YAML list at all.
 */
export function readWatchList(text: string, file: string): WatchList {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, uniqueKeys: false })
  const lineAt = (offset: number) => `${file}:${lineCounter.linePos(offset).line}`
  const [error] = document.errors
  if (error !== undefined)
    throw new Failure('invalid', `It is not valid YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}.`, {
      where: lineAt(error.pos[0]),
      cause: error,
    })
  const root: unknown = document.contents
  if (root === null || (isScalar(root) && root.value === null)) return { entries: [], problems: [] }
  if (!isSeq(root))
    throw new Failure('invalid', 'A watch list is a list of images.', {
      where: `${file}:1`,
      remedy: 'Begin each image with "- name: IMAGE".',
    })
  const entries: ListEntry[] = []
  const problems: { entry: string; failure: Failure }[] = []
  const behind = (node: unknown) => (isAlias(node) ? node.resolve(document) : node)
  const resolve = (node: unknown) => {
    const target = behind(node)
    return isScalar(target) || isMap(target) || isSeq(target) ? plain(() => target.toJS(document)) : undefined
  }
  for (const written of root.items) {
    const where = lineAt((written as Node | null)?.range?.[0] ?? 0)
    const item = behind(written)
    const fields = { where, lineAt, behind, resolve }
    try {
      entries.push(readEntry(item, fields))
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      problems.push({ entry: nameIn(item) ?? where, failure: error })
    }
  }
  return { entries, problems }
}

interface Places {
  readonly where: string
  readonly lineAt: (offset: number) => string
  /** What an alias stands for; any other node itself. */
  readonly behind: (node: unknown) => unknown
  readonly resolve: (node: unknown) => unknown
}

function readEntry(item: unknown, places: Places): ListEntry {
  const { where, lineAt, resolve } = places
  if (!isMap(item))
    throw new Failure('invalid', 'An entry of a watch list has fields.', {
      where,
      remedy: 'Write "- name: IMAGE".',
    })
  const draft: Draft = { settings: {}, metadata: {} }
  const seen = new Set<string>()
  for (const pair of pairsOf(item, places)) {
    const field = String(resolve(pair.key))
    const place = `${lineAt(pair.key.range?.[0] ?? 0)}, field "${field}"`
    inPlace(place, () => {
      if (seen.has(field)) throw new Failure('invalid', 'It is there twice.')
      seen.add(field)
      setField(draft, field, resolve(pair.value))
    })
  }
  const { name, ...rest } = draft
  if (name) return { name, where, ...rest }
  throw new Failure('invalid', 'The entry has no name.', { where, remedy: 'Give it a "name: IMAGE".' })
}

type Field = Pair<Node, Node | null>

/** The fields of an entry with those of its `<<` filled in behind; a field of its own wins. */
function pairsOf(item: YAMLMap, { behind }: Places): Field[] {
  const isMerge = ({ key }: Field) => isScalar(key) && key.source === '<<'
  const items = item.items as Field[]
  const own = items.filter((pair) => !isMerge(pair))
  const merged = items.filter(isMerge).flatMap(({ value }) => {
    const source = behind(value)
    return (isSeq(source) ? source.items.map(behind) : [source]).filter(isMap).flatMap((map) => map.items as Field[])
  })
  const taken = new Set(own.map(({ key }) => String(key)))
  const added = merged.filter(({ key }) => !taken.has(String(key)) && taken.add(String(key)))
  return [...own, ...added]
}

/** The parser gives up on aliases that stand for more than could be kept. */
function plain(read: () => unknown): unknown {
  try {
    return read()
  } catch (cause) {
    throw new Failure('invalid', 'It repeats itself too often through aliases.', { cause })
  }
}

function inPlace(where: string, run: () => void): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, error.message, { where, remedy: error.remedy, cause: error })
  }
}

function nameIn(item: unknown): string | undefined {
  const name: unknown = isMap(item) ? item.get('name') : undefined
  return typeof name === 'string' ? name : undefined
}
