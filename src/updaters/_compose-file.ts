import { Failure } from '../domain/failure.ts'
import { type ImageReference, nameOf, parseImageReference, tagOf } from '../domain/image-reference.ts'
import { findSideEffect } from './_compose-effects.ts'
import { type Place, type Segment, textOf } from './_compose-env.ts'
import { type ComposeSources, findImage, type ImageSetting, loadModel } from './_compose-model.ts'

/** One scalar, or a part of one, that is written differently. Offsets are UTF-16 units of the whole file. */
export interface ScalarEdit {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly start: number
  readonly before: string
  readonly after: string
}

export interface ImageEdit {
  /** The image as the files give it now, and as they will. */
  readonly before: string
  readonly after: string
  /** Empty where nothing has to be written. */
  readonly edits: readonly ScalarEdit[]
}

/**
 * Finds what sets a service's image and how it has to be written to give another tag or digest. Nothing is written.
 * @param to its tag replaces the tag; its digest is written only where the files name one already
 * @throws Failure with file and line: where the image is set outside of the files, or where the same text or variable
 *   sets something else too.
 */
export function planImageEdit(sources: ComposeSources, service: string, to: ImageReference): ImageEdit {
  const setting = findImage(loadModel(sources), sources, service)
  if (setting === undefined) throw new Failure('unsupported', `No file of the project sets the image of ${service}.`)
  const after = rewriteImage(setting.text, to, `${setting.document.file}:${setting.line}`)
  const edits = solve(setting, after).map((edit) => withLine(sources, edit))
  if (edits.length > 0) checkEffects(sources, { service, setting, after, edits })
  return { before: setting.text, after, edits }
}

/**
 * An image as a file writes it, moved to another tag or digest: the name stays as it is written (`nginx` or
 * `docker.io/library/nginx`), and a digest is written only where there is one.
 * @param where the place, for the failure
 * @throws Failure for another repository, and where the digest that has to be written is not known
 */
export function rewriteImage(text: string, to: ImageReference, where: string): string {
  const now = parseImageReference(text)
  if (nameOf(now) !== nameOf(to)) {
    const message = `The file names ${nameOf(now)}, the update is to ${nameOf(to)}.`
    throw new Failure('conflict', message, { where, remedy: 'Change the image in the file by hand.' })
  }
  const named = text.split('@')[0]!
  const bare = now.tag === undefined ? named : named.slice(0, -now.tag.length - 1)
  const wanted = to.tag ?? now.tag
  const isImplied = now.tag === undefined && (now.digest !== undefined || wanted === tagOf(now))
  const tag = wanted === undefined || isImplied ? '' : `:${wanted}`
  if (now.digest === undefined) return `${bare}${tag}`
  if (to.digest !== undefined) return `${bare}${tag}@${to.digest}`
  throw new Failure('unsupported', 'The file pins a digest, and that of the new image is not known.', { where })
}

/** The text with its edits made. @throws Failure `conflict` when something else stands where they belong. */
export function applyEdits(text: string, edits: readonly ScalarEdit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((result, { file, line, start, before, after }) => {
      const end = start + before.length
      if (result.slice(start, end) === before) return result.slice(0, start) + after + result.slice(end)
      throw new Failure('conflict', `"${before}" is not there any more.`, { where: `${file}:${line}` })
    }, text)
}

/** The edits of one file that take it back to what it was. */
export function invertEdits(edits: readonly ScalarEdit[]): ScalarEdit[] {
  const grown = { by: 0 }
  return edits
    .toSorted((a, b) => a.start - b.start)
    .map((edit) => {
      const start = edit.start + grown.by
      grown.by += edit.after.length - edit.before.length
      return { ...edit, start, before: edit.after, after: edit.before }
    })
}

type Change = Omit<ScalarEdit, 'line'>

function solve(setting: ImageSetting, after: string): Change[] {
  if (setting.text === after) return []
  const whole = changeOne(setting, setting.segments, after)
  if (whole !== undefined) return [whole]
  const [oldName, newName] = [setting.text, after].map((text) => text.split('@')[0]!)
  if (oldName !== setting.text && newName !== undefined) {
    const [name, rest] = splitAt(setting.segments, oldName!.length)
    const named = textOf(name) === newName ? 'same' : changeOne(setting, name, newName)
    const digest = changeOne(setting, rest, after.slice(newName.length))
    if (named !== undefined && digest !== undefined) return named === 'same' ? [digest] : [named, digest]
  }
  throw new Failure('unsupported', `"${setting.text}" is put together from several values.`, {
    where: `${setting.document.file}:${setting.line}`,
    remedy: 'Write the tag in one place, or change it by hand.',
  })
}

/** The one segment that, written differently, gives the text; the value's own text goes before variables. */
function changeOne(setting: ImageSetting, segments: readonly Segment[], wanted: string): Change | undefined {
  const fitting = segments
    .map((segment, index) => ({ segment, value: middleOf(segments, index, wanted) }))
    .filter(({ segment, value }) => segment.text !== '' && value !== undefined && value !== '')
    .toSorted((a, b) => a.segment.variables.length - b.segment.variables.length)
  const [first] = fitting
  if (first === undefined) return undefined
  const { place, text, why } = first.segment
  if (place !== undefined) return { file: place.file, start: place.start, before: text, after: first.value! }
  throw new Failure('unsupported', `The image cannot be changed here: ${why}.`, {
    where: `${setting.document.file}:${setting.line}`,
    remedy: 'Change it by hand and run docker compose up -d, or write the tag plainly in the file.',
  })
}

function middleOf(segments: readonly Segment[], index: number, wanted: string): string | undefined {
  const head = textOf(segments.slice(0, index))
  const tail = textOf(segments.slice(index + 1))
  if (!wanted.startsWith(head) || !wanted.endsWith(tail) || wanted.length < head.length + tail.length) return undefined
  return wanted.slice(head.length, wanted.length - tail.length)
}

function splitAt(segments: readonly Segment[], length: number): [Segment[], Segment[]] {
  const head: Segment[] = []
  const tail: Segment[] = []
  let at = 0
  for (const segment of segments) {
    const cut = Math.min(Math.max(length - at, 0), segment.text.length)
    if (cut > 0) head.push(sliced(segment, 0, cut))
    if (cut < segment.text.length) tail.push(sliced(segment, cut, segment.text.length))
    at += segment.text.length
  }
  return [head, tail]
}

function sliced(segment: Segment, start: number, end: number): Segment {
  const { place, text } = segment
  const inner: Place | undefined = place && { file: place.file, start: place.start + start, end: place.start + end }
  return { ...segment, text: text.slice(start, end), place: inner }
}

function withLine({ read }: ComposeSources, change: Change): ScalarEdit {
  const line = (read(change.file) ?? '').slice(0, change.start).split('\n').length
  return { ...change, line }
}

interface Planned {
  readonly service: string
  readonly setting: ImageSetting
  readonly after: string
  readonly edits: readonly ScalarEdit[]
}

function checkEffects(sources: ComposeSources, { service, setting, after, edits }: Planned): void {
  const changed = withEdits(sources, edits)
  const written = findImage(loadModel(changed), changed, service)
  const where = `${edits[0]!.file}:${edits[0]!.line}`
  if (written?.text !== after) {
    const message = `The edit would give ${written?.text ?? 'nothing'} instead of ${after}.`
    throw new Failure('unsupported', message, { where, remedy: 'Change the image by hand.' })
  }
  const effect = findSideEffect(sources, changed, { service, edits })
  if (effect === undefined) return
  throw new Failure('conflict', `What sets the image ${setting.text} of ${service} also sets ${effect}.`, {
    where,
    remedy: `Give ${service} a tag of its own in the file, or change it by hand.`,
  })
}

function withEdits(sources: ComposeSources, edits: readonly ScalarEdit[]): ComposeSources {
  const byFile = Map.groupBy(edits, ({ file }) => file)
  return {
    ...sources,
    read(file) {
      const text = sources.read(file)
      return text === undefined ? undefined : applyEdits(text, byFile.get(file) ?? [])
    },
  }
}
