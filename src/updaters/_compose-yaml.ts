import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { Failure } from '../domain/failure.ts'
import type { Source } from './_compose-env.ts'

/** One YAML document of a compose file; a file may hold several, one over the other. */
export interface ComposeDocument {
  readonly file: string
  /** The whole file. */
  readonly text: string
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

const RESET = '!reset'

/**
 * Reads a compose file.
 * @throws Failure `invalid` with the line of what cannot be read.
 */
export function readComposeFile(text: string, file: string): ComposeDocument[] {
  const lines = new LineCounter()
  const options = { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'silent' } as const
  const documents = parseAllDocuments(text, options)
  return [...documents].map((document) => {
    const [error] = document.errors
    if (error !== undefined) {
      const where = `${file}:${lines.linePos(error.pos[0]).line}`
      throw new Failure('invalid', `The compose file cannot be read: ${error.message}.`, { where })
    }
    return { file, text, document: document as Document.Parsed, lines }
  })
}

/** What stands under a key, aliases followed and merge keys (`<<`) looked through; undefined when nothing does. */
export function getNode({ document }: ComposeDocument, node: Node | null | undefined, key: string): Node | undefined {
  const found = lookIn(document, node, key, 0)
  return found === undefined ? undefined : follow(document, found)
}

/** The names in a map, those of merge keys too. */
export function keysOf({ document }: ComposeDocument, node: Node | null | undefined): string[] {
  const map = node && follow(document, node)
  if (!isMap(map)) return []
  const names = Object.keys((map.toJS(document, { maxAliasCount: -1 }) as Record<string, unknown> | null) ?? {})
  return names.filter((name) => name !== '<<')
}

/** The items of a list, or the node alone; aliases followed. */
export function itemsOf({ document }: ComposeDocument, node: Node | undefined): Node[] {
  if (node === undefined) return []
  const items = isSeq(node) ? (node.items as Node[]) : [node]
  return items.flatMap((item) => follow(document, item) ?? [])
}

/** The text of a scalar and where it stands; undefined for anything else and for null. */
export function scalarSource({ file, text }: ComposeDocument, node: Node | undefined): Source | undefined {
  if (!isScalar(node) || node.value === null) return undefined
  const value = (typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))).trim()
  const [start, end] = node.range ?? [0, 0]
  const raw = text.slice(start, end)
  const at = raw.indexOf(value)
  const isPlain = at !== -1 && raw.indexOf(value, at + 1) === -1
  if (!isPlain) return { text: value, place: undefined, why: 'it is written with escapes or over several lines' }
  return { text: value, place: { file, start: start + at, end: start + at + value.length } }
}

/** The line a node begins on, from 1. */
export function lineOf({ lines }: ComposeDocument, node: Node | undefined): number {
  return lines.linePos(node?.range?.[0] ?? 0).line
}

/** Whether compose is told here to forget what the files before set. */
export function isReset(node: Node | undefined): boolean {
  return node?.tag === RESET
}

/** Every value of a document by its path, aliases and merge keys resolved. */
export function valuesOf({ document }: ComposeDocument): { path: readonly string[]; text: string }[] {
  return flatten(document.toJS({ maxAliasCount: -1 }), [])
}

function flatten(value: unknown, path: readonly string[]): { path: readonly string[]; text: string }[] {
  if (typeof value !== 'object' || value === null) return [{ path, text: String(value) }]
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, [...path, key]))
}

function follow(document: Document, node: Node): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node
}

/** Deeper than any file a person writes, and an end for one that refers to itself. */
const DEEPEST = 50

function lookIn(document: Document, node: Node | null | undefined, key: string, depth: number): Node | undefined {
  const map = node ? follow(document, node) : undefined
  if (!isMap(map) || depth > DEEPEST) return undefined
  const own = pairsOf(map).find((pair) => keyText(pair) === key)
  if (own !== undefined) return own.value ?? undefined
  for (const pair of pairsOf(map).filter((candidate) => keyText(candidate) === '<<')) {
    const merged = pair.value && follow(document, pair.value)
    for (const source of isSeq(merged) ? (merged.items as Node[]) : [merged]) {
      const found = lookIn(document, source, key, depth + 1)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function pairsOf(map: YAMLMap): Pair<Node, Node | null>[] {
  return map.items as Pair<Node, Node | null>[]
}

function keyText({ key }: Pair<Node, Node | null>): string {
  return isScalar(key) ? String(isMergeKey(key) ? '<<' : key.value) : ''
}

function isMergeKey(key: Scalar): boolean {
  return key.source === '<<' && (key.type === undefined || key.type === 'PLAIN')
}
