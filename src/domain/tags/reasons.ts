import type { Family } from './family.ts'
import type { Incomparable, ParsedTag } from './parse-tag.ts'
import { isPreRelease } from './stage.ts'
import type { ReasonCode } from './verdict.ts'

/** Why a tag that stands for no version cannot be compared. */
export function incomparableReason(tag: string, code: Incomparable['code']): string {
  switch (code) {
    case 'artefact':
      return `${tag} is a signature or a description of an image, not an image.`
    case 'commit':
      return `${tag} names a single commit, and commits have no order.`
    case 'compound':
      return `${tag} holds several versions; which of them counts takes a pattern.`
    case 'malformed':
      return `A number in ${tag} is too long to be a version.`
    case 'no-version':
      return `${tag} carries no version.`
  }
}

/**
 * Writes why tags are not newer than the current one. Each sentence is the tag and an ending, which is made once for all
 * tags that share it: whole sentences would be most of what the judgement of a long list keeps.
 */
export interface Reasons {
  /** Why a tag begins or counts differently; taken from its text alone, since most of a long list ends here. */
  prefix(tag: string): string
  /** Why a version with more or fewer numbers is another line of tags. */
  parts(tag: string, parts: number): string
  /** Why a tag of the same kind is not newer, or not of the same family. */
  family(tag: ParsedTag, code: ReasonCode, family: Family): string
}

/** Reasons for one judgement. */
export function createReasons(current: ParsedTag): Reasons {
  const endings = new Map<string, string>()
  const flavours = new Map<string, string>()
  const beginnings = new Map<string, string>()
  const prefix = (tag: string) => {
    const own = tag.slice(0, Math.max(tag.search(/\d/), 0))
    return tag + once(beginnings, own, () => prefixEnding(own, current))
  }
  const parts = (tag: string, parts: number) =>
    tag +
    once(endings, `${parts}`, () => ` has ${counted(parts)}, ${current.tag} has ${counted(current.texts.length)}.`)
  return {
    prefix,
    parts,
    family(tag, code, family) {
      if (code === 'prefix') return prefix(tag.tag)
      if (code === 'parts') return parts(tag.tag, tag.parts.length)
      if (code === 'scheme') return schemeReason(tag, family)
      const make = () => familyEnding(tag, code, current)
      if (code === 'flavour') return tag.tag + once(flavours, flavourOf(tag), make)
      const key = code === 'pre-release' && !isPreRelease(tag.stage) ? 'between releases' : code
      return tag.tag + once(endings, key, make)
    },
  }
}

function once(made: Map<string, string>, key: string, make: () => string): string {
  const known = made.get(key)
  if (known !== undefined) return known
  const text = make()
  made.set(key, text)
  return text
}

function prefixEnding(own: string, { tag, prefix }: ParsedTag): string {
  const name = own === '' ? 'a number' : `"${own}"`
  return ` begins with ${own === prefix ? 'another kind of number' : name}, ${tag} with ${prefix === '' ? 'a number' : `"${prefix}"`}.`
}

function familyEnding(tag: ParsedTag, code: ReasonCode, current: ParsedTag): string {
  switch (code) {
    case 'flavour':
      return ` is another flavour: ${flavourOf(tag)} instead of ${flavourOf(current)}.`
    case 'os-version':
      return ` changes the operating system without a newer version, or to an older or vaguer one than ${flavourOf(current)}.`
    case 'pre-release':
      return preReleaseEnding(tag, current)
    case 'padding':
      return ` writes its numbers with leading zeros, which ${current.tag} and most tags do not: another numbering.`
    case 'windows':
      return ' is for another Windows release; a Windows image must match its host.'
    case 'same':
      return ` is the same version as ${current.tag}.`
    default:
      return ` is older than ${current.tag}.`
  }
}

/** The text behind the version, in words. */
function flavourOf({ stage, suffix }: ParsedTag): string {
  if (suffix.text !== '') return `"${suffix.text}"`
  return stage === null ? 'nothing behind the version' : `"${stage.word}"`
}

function preReleaseEnding(tag: ParsedTag, current: ParsedTag): string {
  const kind = isPreRelease(tag.stage) ? 'a pre-release' : 'a build between releases'
  if (isPreRelease(current.stage) || current.commits > 0) return ` is ${kind} of another version or line.`
  return ` is ${kind} and ${current.tag} is a release.`
}

function schemeReason(tag: ParsedTag, { current, numbering }: Family): string {
  if (tag.scheme !== current.scheme || tag.shape !== current.shape) {
    return `${tag.tag} counts by ${schemeName(tag)}, ${current.tag} by ${schemeName(current)}.`
  }
  const own = numbering === 'counted' ? 'counts releases' : 'counts years'
  return `${current.tag} ${own} and ${tag.tag} does not: another numbering.`
}

function schemeName({ scheme, shape }: ParsedTag): string {
  if (scheme === 'stamp') return `dates like ${shape}`
  return scheme === 'line' ? 'builds' : 'versions'
}

function counted(parts: number): string {
  return parts === 1 ? 'one number' : `${parts} numbers`
}
