import type { Stage } from './stage.ts'
import { readStamp, type StampLimits } from './stamp.ts'
import {
  ARCHITECTURE,
  BUILD,
  COUNTER,
  HASH,
  HASH_LIKE,
  matchAt,
  OS_VERSION,
  OS_WORD,
  TOKEN,
  UBUNTU_RELEASE,
  WINDOWS,
} from './words.ts'

/** A number behind the version that counts builds, or may. */
export interface Counter {
  readonly values: readonly number[]
  /** `null` for a counter by its own word; for a bare `-2` where it stands, since the list of tags must tell what it is. */
  readonly bare: null | { readonly behindWord: boolean; readonly digits: number }
}

/** One word or number of a suffix. */
export interface Piece {
  readonly end: number
  readonly label: string
  readonly counter?: Counter
  readonly os?: readonly number[] | null
  readonly stage?: Stage
  readonly dotted?: boolean
  readonly hashLike?: boolean
  /** Whether a bare number that follows belongs to this piece rather than to the version. */
  readonly word?: boolean
}

/** Where the next piece is to be read: from `at`, with a separator up to `start`. */
export interface Place {
  readonly text: string
  readonly at: number
  readonly start: number
  readonly behindWord: boolean
  readonly limits: StampLimits
  readonly hashes: 'certain' | 'likely'
}

/** Reads one word or number. The order of the attempts matters: a date is also a number, a counter also a word. */
export function readPiece(place: Place): Piece {
  if (place.start >= place.text.length) return { end: place.text.length, label: '' }
  const code = place.text.charCodeAt(place.start)
  if (code >= 48 && code <= 57) {
    return readTime(place) ?? readUbuntu(place) ?? readArchitecture(place) ?? readHash(place) ?? readToken(place)
  }
  return (
    readCounter(place) ??
    readOs(place) ??
    readWindows(place) ??
    readArchitecture(place) ??
    readHash(place) ??
    readBuild(place) ??
    readToken(place)
  )
}

function readTime({ text, start, limits }: Place): Piece | null {
  const stamp = readStamp(text, start, limits)
  if (stamp === null) return null
  return { end: stamp.end, label: `time:${stamp.shape}`, counter: { values: stamp.values, bare: null } }
}

function readUbuntu({ text, start, behindWord }: Place): Piece | null {
  const found = behindWord ? null : matchAt(UBUNTU_RELEASE, text, start)
  if (found === null) return null
  return { end: start + found[0].length, label: 'os', os: [Number(found[1]), Number(found[2])] }
}

function readOs({ text, start }: Place): Piece | null {
  const found = matchAt(OS_WORD, text, start)
  if (found === null) return null
  const end = start + found[0].length
  const word = found[1] ?? ''
  if (found[2] !== undefined) return { end, label: word, os: numbersOf(found[2]) }
  const loose = matchAt(OS_VERSION, text, end)
  const version = loose?.[1]
  if (loose === null || version === undefined || !isOsVersion(word, version))
    return { end, label: word, os: null, word: true }
  return { end: end + loose[0].length, label: word, os: numbersOf(version) }
}

function isOsVersion(word: string, version: string): boolean {
  return version.includes('.') || (word.toLowerCase() !== 'alpine' && Number(version) >= 7)
}

function readWindows({ text, start }: Place): Piece | null {
  const found = matchAt(WINDOWS, text, start)
  if (found === null) return null
  const end = start + found[0].length
  const build = found[3]
  if (build === undefined) return { end, label: found[0], word: true }
  return { end, label: `${found[1]}:${found[2]}`, os: [Number(build)] }
}

function readArchitecture({ text, start }: Place): Piece | null {
  const found = matchAt(ARCHITECTURE, text, start)
  return found === null ? null : { end: start + found[0].length, label: found[0] }
}

function readHash({ text, start, hashes }: Place): Piece | null {
  const found = matchAt(hashes === 'likely' ? HASH_LIKE : HASH, text, start)
  return found === null ? null : { end: start + found[0].length, label: '#hash' }
}

function readCounter({ text, start }: Place): Piece | null {
  const found = matchAt(COUNTER, text, start)
  if (found === null) return null
  const label = found[0].replace(/\d+$/, '#')
  return { end: start + found[0].length, label, counter: ownCounter(found[2] ?? found[4]) }
}

function readBuild({ text, at, start, behindWord }: Place): Piece | null {
  const found = at > 0 || behindWord ? matchAt(BUILD, text, start) : null
  return found === null ? null : { end: start + found[0].length, label: 'b#', counter: ownCounter(found[2]) }
}

function readToken({ text, at, start, behindWord }: Place): Piece {
  const token = matchAt(TOKEN, text, start)?.[0] ?? text.slice(start)
  const end = start + token.length
  const hashLike = matchAt(HASH_LIKE, text, start)?.[0] === token
  if (!/^\d+(?:\.\d+)*$/.test(token)) return { end, label: token, word: true, hashLike, dotted: /\d\.\d/.test(token) }
  const parts = numbersOf(token)
  if (parts.length > 1) return readDotted(token, parts, end, behindWord)
  if (token.length > 15) return { end, label: token, hashLike }
  if (text[at] === '_' && !behindWord) return { end, label: '#', counter: { values: parts, bare: null }, hashLike }
  return { end, label: '#', counter: { values: parts, bare: { behindWord, digits: token.length } }, hashLike }
}

/** `1227.1726694542` counts builds, its last part being a time; any other dotted number is a version of something else. */
function readDotted(token: string, parts: readonly number[], end: number, behindWord: boolean): Piece {
  const last = parts.at(-1) ?? 0
  const isBuild = !behindWord && last >= 1_262_304_000 && last < 10_000_000_000
  if (isBuild) return { end, label: `#${'.#'.repeat(parts.length - 1)}`, counter: { values: parts, bare: null } }
  return { end, label: token }
}

function ownCounter(digits: string | undefined): Counter {
  return { values: [Number(digits)], bare: null }
}

function numbersOf(text: string): number[] {
  return text.split('.').map(Number)
}
