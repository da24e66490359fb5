import type { FamilyJudgement } from './judge-family.ts'
import { type ParsedTag, parseTag } from './parse-tag.ts'
import { compareNumbers, isPreRelease } from './stage.ts'
import type { TagFacts } from './verdict.ts'

/** What the owner of the image could do when no tag can be chosen for them, or `null`. */
export function hintFor(current: string, tags: readonly TagFacts[], judgement: FamilyJudgement): string | null {
  if (judgement.current.scheme !== 'none') return hintForVersion(judgement.current, tags, judgement)
  if (judgement.current.code === 'compound')
    return `${current} holds several versions: give a pattern to say which of them moves.`
  if (judgement.current.code === 'artefact') return null
  const pin = tagToPin(current, tags, judgement)
  if (pin === null) return null
  const why = judgement.current.code === 'commit' ? 'names a single commit' : 'carries no version'
  return `${current} ${why}: pin ${pin} to follow versions.`
}

/** The release that the current tag is by its digest, or else the newest one of its flavour, with as many numbers as there are. */
function tagToPin(current: string, tags: readonly TagFacts[], { options }: FamilyJudgement): string | null {
  const digest = tags.find(({ tag }) => tag === current)?.digest
  const flavour = /^[A-Za-z]+(-.*)$/.exec(current)?.[1] ?? ''
  const releases = tags
    .filter((facts) => facts.tag !== current && mayPin(facts, digest, flavour))
    .flatMap((facts) => {
      const parsed = parseTag(facts.tag, options)
      return parsed.scheme !== 'none' && isRelease(parsed) ? [{ facts, parsed }] : []
    })
  const same = releases.filter(({ facts }) => digest !== undefined && facts.digest === digest)
  const plain = releases.filter(({ parsed }) => parsed.suffix.text === flavour && /^v?$/i.test(parsed.prefix))
  const pool = same.length > 0 ? same : plain
  pool.sort(
    (a, b) =>
      b.parsed.texts.length - a.parsed.texts.length ||
      compareNumbers(b.parsed.parts, a.parsed.parts) ||
      (a.facts.tag < b.facts.tag ? -1 : 1),
  )
  return pool[0]?.facts.tag ?? null
}

/** A cheap look at the text before a tag is parsed: the same image, or a number and then the flavour. */
function mayPin(facts: TagFacts, digest: string | undefined, flavour: string): boolean {
  if (digest !== undefined && facts.digest === digest) return true
  const number = /^v?\d+(?:\.\d+)*/i.exec(facts.tag)?.[0]
  return number !== undefined && facts.tag.length === number.length + flavour.length && facts.tag.endsWith(flavour)
}

function isRelease(parsed: ParsedTag): boolean {
  return parsed.scheme === 'version' && !isPreRelease(parsed.stage) && parsed.commits === 0
}

/** Points to newer releases that changed only the `v` before the number, or lost the flavour: the owner may want to follow. */
function hintForVersion(
  current: ParsedTag,
  tags: readonly TagFacts[],
  { options, relatives }: FamilyJudgement,
): string | null {
  const isNewer = (tag: ParsedTag) =>
    isRelease(tag) && tag.texts.length === current.texts.length && compareNumbers(tag.parts, current.parts) > 0
  const prefix = /v$/i.test(current.prefix) ? current.prefix.slice(0, -1) : `${current.prefix}v`
  const moved = tags
    .filter(({ tag }) => tag.startsWith(prefix) && /^\d/.test(tag.slice(prefix.length)))
    .map(({ tag }) => parseTag(tag, options))
    .filter((tag) => tag.scheme !== 'none')
    .filter((tag) => tag.prefix === prefix && isNewer(tag) && tag.suffix.template === current.suffix.template)
  const bare = relatives.filter((tag) => isNewer(tag) && tag.suffix.text === '' && current.suffix.text !== '')
  const best = [...moved, ...bare].sort((a, b) => compareNumbers(b.parts, a.parts) || (a.tag < b.tag ? -1 : 1))[0]
  return best === undefined
    ? null
    : `There is ${best.tag}, written differently from ${current.tag}: change the tag by hand to follow it.`
}
