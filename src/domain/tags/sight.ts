import type { ParsedTag } from './parse-tag.ts'
import { incomparableReason, type Reasons } from './reasons.ts'
import { rejected, type Verdict } from './verdict.ts'
import { isArtefact, isCommit } from './words.ts'

/**
 * Rejects a tag by the text before its number and the count of its numbers, without taking it apart: most tags of a long list
 * end here. `null` for a tag that has to be parsed.
 */
export function strangeAtSight(tag: string, current: ParsedTag, reasons: Reasons): Verdict | null {
  if (current.prefix.includes('#hash')) return null
  if (!tag.startsWith(current.prefix) || !isDigit(tag.charCodeAt(current.prefix.length)))
    return strangeBeginning(tag, reasons)
  if (current.scheme !== 'version') return null
  const parts = countParts(tag, current.prefix.length)
  if (parts === current.texts.length) return null
  return isArtefact(tag) || isCommit(tag)
    ? strangeBeginning(tag, reasons)
    : rejected(tag, 'parts', reasons.parts(tag, parts))
}

function strangeBeginning(tag: string, reasons: Reasons): Verdict {
  if (isArtefact(tag)) return rejected(tag, 'artefact', incomparableReason(tag, 'artefact'))
  if (!/\d/.test(tag)) return rejected(tag, 'no-version', incomparableReason(tag, 'no-version'))
  if (isCommit(tag)) return rejected(tag, 'commit', incomparableReason(tag, 'commit'))
  return rejected(tag, 'prefix', reasons.prefix(tag))
}

function countParts(tag: string, from: number): number {
  let parts = 1
  for (let at = from + 1; at < tag.length; at += 1) {
    const code = tag.charCodeAt(at)
    if (isDigit(code)) continue
    if (code !== 46 || !isDigit(tag.charCodeAt(at + 1))) break
    parts += 1
  }
  return parts
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
