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

/** Why a tag begins or counts differently; taken from its text alone, since most of a long list ends here. */
export function prefixReason(tag: string, current: string, prefix: string): string {
  const own = tag.slice(0, Math.max(tag.search(/\d/), 0))
  const name = own === '' ? 'a number' : `"${own}"`
  return `${tag} begins with ${own === prefix ? 'another kind of number' : name}, ${current} with ${prefix === '' ? 'a number' : `"${prefix}"`}.`
}

/** Why a version with more or fewer numbers is another line of tags. */
export function partsReason(tag: string, parts: number, current: string, own: number): string {
  return `${tag} has ${counted(parts)}, ${current} has ${counted(own)}.`
}

/** Why a tag of the same kind is not newer, or not of the same family. */
export function familyReason(tag: ParsedTag, code: ReasonCode, family: Family): string {
  const { current } = family
  switch (code) {
    case 'flavour':
      return `${tag.tag} is another flavour: ${flavourOf(tag)} instead of ${flavourOf(current)}.`
    case 'os-version':
      return `${tag.tag} changes the operating system without a newer version, or to an older or vaguer one than ${flavourOf(current)}.`
    case 'pre-release':
      return preReleaseReason(tag, current)
    case 'scheme':
      return schemeReason(tag, family)
    case 'padding':
      return `${tag.tag} writes its numbers with leading zeros, which ${current.tag} and most tags do not: another numbering.`
    case 'windows':
      return `${tag.tag} is for another Windows release; a Windows image must match its host.`
    case 'same':
      return `${tag.tag} is the same version as ${current.tag}.`
    case 'prefix':
      return prefixReason(tag.tag, current.tag, current.prefix)
    case 'parts':
      return partsReason(tag.tag, tag.parts.length, current.tag, current.parts.length)
    default:
      return `${tag.tag} is older than ${current.tag}.`
  }
}

/** The text behind the version, in words. */
function flavourOf({ stage, suffix }: ParsedTag): string {
  if (suffix.text !== '') return `"${suffix.text}"`
  return stage === null ? 'nothing behind the version' : `"${stage.word}"`
}

function preReleaseReason(tag: ParsedTag, current: ParsedTag): string {
  const kind = isPreRelease(tag.stage) ? 'a pre-release' : 'a build between releases'
  if (isPreRelease(current.stage) || current.commits > 0) return `${tag.tag} is ${kind} of another version or line.`
  return `${tag.tag} is ${kind} and ${current.tag} is a release.`
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
