import { FINAL_RANK, readStage, type Stage } from './stage.ts'
import { readStamp, type StampLimits } from './stamp.ts'
import { EMPTY_SUFFIX, parseSuffix, type Suffix } from './suffix.ts'
import { DESCRIBE, HASH, matchAt } from './words.ts'

/** Everything behind the number of a version. */
interface Tail {
  readonly stage: Stage | null
  /** Commits since the version, from `git describe`. */
  readonly commits: number
  readonly suffix: Suffix
}

/** Tails read before: a list of tags repeats few, and those that differ only in their counters are read once. */
interface TailMemory {
  readonly byText: Map<string, Tail>
  readonly byShape: Map<string, Tail>
  /** Numbers before the tails: many tags of a list are flavours of one version. */
  readonly numbers: Map<string, Numbers>
}

/** `1.4.2` taken apart. */
export interface Numbers {
  readonly texts: readonly string[]
  readonly parts: readonly number[]
}

export interface TailOptions {
  readonly limits: StampLimits
  /** A word with a number that marks a fix made after the release in this repository, such as `security`. */
  readonly fixWord?: string
  readonly memory?: TailMemory
}

const EMPTY_TAIL: Tail = { stage: null, commits: 0, suffix: EMPTY_SUFFIX }
const HASH_TAIL: Tail = { ...EMPTY_TAIL, suffix: { ...EMPTY_SUFFIX, template: '-#hash' } }

/** Reads the text behind a version: stage, commits, then flavour and counters. */
export function readTail(text: string, options: TailOptions): Tail {
  if (text === '') return EMPTY_TAIL
  const { memory } = options
  if (memory === undefined) return parseTail(text, options)
  if (isHashTail(text)) return { ...HASH_TAIL, suffix: { ...HASH_TAIL.suffix, text } }
  const known = memory.byText.get(text)
  if (known !== undefined) return known
  const shape = /\d{7}/.test(text) ? text : text.replace(/\d+/g, '#')
  const alike = memory.byShape.get(shape)
  if (alike !== undefined) return withCounters(alike, text)
  const tail = parseTail(text, options)
  if (isOnlyCounters(tail, text)) memory.byShape.set(shape, tail)
  else memory.byText.set(text, tail)
  return tail
}

/** A commit hash and nothing else: the one tail that never comes twice. */
function isHashTail(text: string): boolean {
  return text.length > 7 && text.startsWith('-') && matchAt(HASH, text, 1)?.[0].length === text.length - 1
}

/** An empty memory, for one judgement: what a tail means depends on the time of the judgement and on the repository. */
export function tailMemory(): TailMemory {
  return { byText: new Map(), byShape: new Map(), numbers: new Map() }
}

function parseTail(text: string, { limits, fixWord }: TailOptions): Tail {
  const stage = readFix(text, fixWord) ?? readStage(text, 0, (at) => readStamp(text, at, limits) !== null)
  const behind = stage?.end ?? 0
  const describe = matchAt(DESCRIBE, text, behind)
  const suffix = parseSuffix(text.slice(behind + (describe?.[0].length ?? 0)), limits)
  return { stage: stage ?? suffix.stage, commits: Number(describe?.[1] ?? 0), suffix }
}

function readFix(text: string, fixWord: string | undefined): (Stage & { end: number }) | null {
  if (fixWord === undefined || !text.startsWith(`-${fixWord}-`)) return null
  const start = fixWord.length + 2
  const digits = /^\d{1,9}(?![0-9A-Za-z])/.exec(text.slice(start))?.[0]
  if (digits === undefined) return null
  const numbers = [Number(digits)]
  return { word: 'post', rank: FINAL_RANK + 1, numbers, spelling: fixWord, dated: false, end: start + digits.length }
}

/** Whether every number in the tail is a build counter by a word of its own, so that other digits there mean the same. */
function isOnlyCounters({ stage, commits, suffix }: Tail, text: string): boolean {
  if (stage !== null || commits > 0 || suffix.os.length > 0 || suffix.hashLike) return false
  const runs = text.match(/\d+/g) ?? []
  const own = suffix.counters.filter((counter) => counter.bare === null && counter.values.length === 1)
  if (own.length !== runs.length || own.length !== suffix.counters.length) return false
  return suffix.template === text.replace(/\d+/g, '#') && runs.every((run, at) => Number(run) === own[at]?.values[0])
}

function withCounters(alike: Tail, text: string): Tail {
  const counters = (text.match(/\d+/g) ?? []).map((run) => ({ values: [Number(run)], bare: null }))
  return { ...alike, suffix: { ...alike.suffix, text, counters } }
}
