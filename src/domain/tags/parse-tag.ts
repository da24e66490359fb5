import { readStage, type Stage } from './stage.ts'
import { findStamp, readStamp, type Stamp } from './stamp.ts'
import { parseSuffix, type Suffix } from './suffix.ts'
import { type Numbers, readTail, type TailOptions } from './tail.ts'
import type { ReasonCode } from './verdict.ts'
import { BEHIND_OS, GLUED_COUNTER, isArtefact, isCommit, matchAt, UBUNTU_RELEASE } from './words.ts'

/** A tag taken apart: text that must stay, then what moves, then a flavour. */
export interface ParsedTag {
  readonly tag: string
  /** What moves: a version, a date, or only a build counter behind a name (`server-b3078`). */
  readonly scheme: 'version' | 'stamp' | 'line'
  /** Everything before what moves. Two tags are only compared when it is equal, byte for byte. */
  readonly prefix: string
  /** The numbers of the version, or of the stamp; none for a build line. */
  readonly parts: readonly number[]
  /** The numbers as they are written. */
  readonly texts: readonly string[]
  /** The spelling of a stamp. */
  readonly shape: string
  readonly stage: Stage | null
  /** Commits since the version, from `git describe`. */
  readonly commits: number
  readonly suffix: Suffix
}

/** Why a tag cannot be compared with any other. */
export interface Incomparable {
  readonly tag: string
  readonly scheme: 'none'
  readonly code: Extract<ReasonCode, 'artefact' | 'commit' | 'no-version' | 'compound' | 'malformed'>
}

/** What parsing depends on besides the tag. */
export interface ParseOptions extends TailOptions {
  /** Words before a single number that make it a version in this repository, such as `stable-`. */
  readonly numberPrefixes?: readonly string[]
}

const NUMBER = /(?<![0-9A-Za-z])(?<!\d\.)([vVr]?)(\d+(?:\.\d+)*)/g
const SINGLE_PREFIX = /^(?:(?:build|release|version)[-_.])?[vr]?$/i
const MAX_DIGITS = 9

/** Takes one tag apart. What a bare number in it means can depend on the other tags of the list, and is left open. */
export function parseTag(tag: string, options: ParseOptions): ParsedTag | Incomparable {
  if (isArtefact(tag)) return { tag, scheme: 'none', code: 'artefact' }
  if (isCommit(tag)) return { tag, scheme: 'none', code: 'commit' }
  const stamp = findStamp(tag, options.limits)
  const anchor = findAnchor(tag, options, stamp?.start ?? tag.length)
  if (anchor !== null) return parseVersion(tag, anchor, options)
  if (stamp !== null) return parseStamp(tag, stamp, options)
  return parseLine(tag, options)
}

/**
 * The same for a tag that is known to begin as `like` does, with as many numbers. Where both lead with a version of two numbers
 * or more, or with a date behind a name without digits, nothing else in the tag can be what moves.
 */
export function parseTagLike(tag: string, like: ParsedTag, options: ParseOptions): ParsedTag | Incomparable {
  if (isArtefact(tag)) return parseTag(tag, options)
  const start = like.prefix.length
  if (like.scheme === 'stamp' && !/\d/.test(like.prefix)) {
    const stamp = like.shape.length > 6 ? readStamp(tag, start, options.limits) : null
    return stamp === null ? parseTag(tag, options) : parseStamp(tag, { ...stamp, start }, options)
  }
  const leads = like.texts.length > 1 && (start === 0 || (start === 1 && /v/i.test(like.prefix)))
  return (leads ? parseLeading(tag, start, options) : null) ?? parseTag(tag, options)
}

function parseLeading(tag: string, start: number, options: ParseOptions): ParsedTag | Incomparable | null {
  const end = endOfNumbers(tag, start)
  const { texts, parts } = readNumbers(tag.slice(start, end), options)
  if ((texts[0]?.length ?? 0) > 5 || isAlphanumeric(tag.charCodeAt(end))) return null
  return parseVersion(tag, { start, end, texts, parts, os: false }, options)
}

/** Where digits and the single dots between them end. By hand, as every tag of a long list comes here. */
function endOfNumbers(tag: string, start: number): number {
  let end = start
  while (isDigit(tag.charCodeAt(end)) || (tag[end] === '.' && end > start && isDigit(tag.charCodeAt(end + 1)))) end += 1
  return end
}

function readNumbers(text: string, { memory }: ParseOptions): Numbers {
  const known = memory?.numbers.get(text)
  if (known !== undefined) return known
  const texts = text.split('.')
  const numbers = { texts, parts: texts.map(Number) }
  memory?.numbers.set(text, numbers)
  return numbers
}

interface Anchor {
  /** Where the digits start and end. */
  readonly start: number
  readonly end: number
  readonly texts: readonly string[]
  readonly parts?: readonly number[]
  readonly os: boolean
}

/** The version in the tag: the one it leads with if that has two numbers or more, else the longest, else the first. */
function findAnchor(tag: string, options: ParseOptions, before: number): Anchor | null {
  const anchors: Anchor[] = []
  for (const found of tag.matchAll(NUMBER)) {
    const letter = found[1] ?? ''
    const digits = found[2] ?? ''
    const start = found.index + letter.length
    if (start >= before) break
    const end = start + digits.length
    const texts = digits.split('.')
    if (!standsAlone(tag, { start, end, texts }, options)) continue
    const anchor = { start, end, texts, os: found.index > 0 && isOsNumber(tag, found.index) }
    if (found.index === 0 && anchor.texts.length > 1) return anchor
    anchors.push(anchor)
  }
  return bestAnchor(tag, anchors, options)
}

function bestAnchor(tag: string, anchors: readonly Anchor[], options: ParseOptions): Anchor | null {
  let best: Anchor | null = null
  for (const anchor of anchors) {
    if (!anchor.os && !hasTime(anchor) && (best === null || anchor.texts.length > best.texts.length)) best = anchor
  }
  best ??= anchors.length === 1 && (anchors[0]?.texts.length ?? 0) > 1 ? (anchors[0] ?? null) : null
  if (best === null || best.texts.length > 1) return best
  const prefix = tag.slice(0, best.start)
  return SINGLE_PREFIX.test(prefix) || options.numberPrefixes?.includes(prefix) ? best : null
}

function hasTime(anchor: Anchor): boolean {
  return anchor.start > 0 && anchor.texts.some((text) => text.length >= 10)
}

function isOsNumber(tag: string, at: number): boolean {
  const before = tag.slice(0, at)
  return BEHIND_OS.test(before) || (/^\d+[-_]$/.test(before) && matchAt(UBUNTU_RELEASE, tag, at) !== null)
}

/**
 * Whether nothing is glued to the end of the number but a stage (`17beta1`), a counter (`8u432`), or, behind three numbers and
 * more, a whole word (`10.10.3ubu2404`).
 */
function standsAlone(tag: string, { end, texts }: Omit<Anchor, 'os'>, options: ParseOptions): boolean {
  if (!isAlphanumeric(tag.charCodeAt(end))) return true
  if (texts.length > 2 && /^[A-Za-z]{3}/.test(tag.slice(end))) return true
  return readStage(tag, end, isDateIn(tag, options)) !== null || matchAt(GLUED_COUNTER, tag, end) !== null
}

function parseVersion(tag: string, anchor: Anchor, options: ParseOptions): ParsedTag | Incomparable {
  if (anchor.texts.some((text) => text.length > MAX_DIGITS)) return { tag, scheme: 'none', code: 'malformed' }
  const { stage, commits, suffix } = readTail(tag.slice(anchor.end), options)
  if (anchor.texts.length === 1 && suffix.dotted) return { tag, scheme: 'none', code: 'compound' }
  const { texts, parts = texts.map(Number) } = anchor
  const prefix = tag.slice(0, anchor.start)
  return { tag, scheme: 'version', prefix, parts, texts, shape: '', stage, commits, suffix }
}

function parseStamp(tag: string, stamp: Stamp & { start: number }, options: ParseOptions): ParsedTag {
  return {
    tag,
    scheme: 'stamp',
    prefix: withoutHashes(tag.slice(0, stamp.start)),
    parts: stamp.values,
    texts: [],
    shape: stamp.shape,
    stage: null,
    commits: 0,
    suffix: readTail(tag.slice(stamp.end), options).suffix,
  }
}

function withoutHashes(text: string): string {
  if (!/[0-9a-f]{7}/.test(text)) return text
  return text
    .split(/([-_.])/)
    .map((word) => (isCommit(word) ? '#hash' : word))
    .join('')
}

/** A name with a build counter behind it and no other number: only the counter moves. */
function parseLine(tag: string, options: ParseOptions): ParsedTag | Incomparable {
  const suffix = parseSuffix(tag, options.limits, { behindWord: true })
  if (suffix.dotted) return { tag, scheme: 'none', code: 'compound' }
  const [counter, ...more] = suffix.counters
  const isLine = counter?.bare === null && more.length === 0 && /[-_.](?:b|build[-._]?|ls)\d+$/.test(tag)
  if (!isLine || suffix.template.includes('#hash')) return { tag, scheme: 'none', code: 'no-version' }
  const prefix = tag.replace(/\d+$/, '')
  return { tag, scheme: 'line', prefix, parts: [], texts: [], shape: '', stage: null, commits: 0, suffix }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isAlphanumeric(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

function isDateIn(tag: string, { limits }: ParseOptions): (at: number) => boolean {
  return (at) => readStamp(tag, at, limits) !== null
}
