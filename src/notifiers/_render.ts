import type { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { Message, Teller } from '../domain/message.ts'
import { escapeMarkdown, markdownEscaped, stringFunctions } from '../lib/go-template/functions.ts'
import { type CompiledTemplate, compileTemplate, TemplateError } from '../lib/go-template/template.ts'
import type { NotifierMember } from './_notifier.ts'
import { templateData } from './_template-data.ts'
import { DEFAULT_TEMPLATES } from './_templates.ts'

/** The templates of one channel, ready to be filled in, by part. */
export type CompiledParts = Readonly<Record<string, CompiledPart>>

interface CompiledPart {
  /** `notif.mail.templateTitle`, for errors. */
  readonly place: string
  readonly each: CompiledTemplate
  /** What tells of several images at once; absent when `each` must be filled in for each of them. */
  readonly whole: CompiledTemplate | undefined
}

/**
 * Compiles the templates that the options of a channel hold. A part whose option is empty is left out.
 * @throws Failure `invalid` that names the channel (`where`), the option, line and column.
 */
export function compileParts<Schema extends z.ZodType>(
  member: NotifierMember<Schema>,
  options: z.output<Schema>,
  where: string,
): CompiledParts {
  const functions = { ...stringFunctions, ...(member.escapesMarkdown && { escapeMarkdown }) }
  const given: Record<string, unknown> = { ...(options as object) }
  const compile = (text: string, place: string) =>
    explain(place, () => compileTemplate(text, { name: place, functions, trim: true }))
  return Object.fromEntries(
    Object.entries(member.templates).flatMap(([part, option]) => {
      const text = given[option]
      if (typeof text !== 'string' || text.trim() === '') return []
      const place = `${where}.${option}`
      const each = compile(text, place)
      const summary = DEFAULT_TEMPLATES.find((known) => known.each.trim() === text.trim())?.summary
      const whole = summary === undefined ? undefined : compile(summary, place)
      return [[part, { place, each, whole: whole ?? (tellsOfAll(text) ? each : undefined) }]]
    }),
  )
}

/**
 * Fills the templates in for a message. Several images are told of by the default texts as a list; a template of the
 * user's is filled in once when it speaks of `.Entries`, else for each image, and the results are joined.
 * @throws Failure `invalid` when a template fails.
 */
export function renderParts(compiled: CompiledParts, message: Message, teller: Teller): Record<string, string> {
  return Object.fromEntries(
    Object.entries(compiled).map(([part, template]) => [
      part,
      explain(template.place, () => renderPart(part, template, { message, teller })),
    ]),
  )
}

/** The title for several images: that of the first, and how many more there are. */
export function joinTitles(titles: readonly string[]): string {
  const [first = '', ...rest] = titles
  return rest.length === 0 ? first : `${first} and ${rest.length} more`
}

/** One body for several images: a JSON list when each of them is JSON, else the texts with an empty line between. */
export function joinBodies(bodies: readonly string[]): string {
  if (bodies.length === 1) return bodies[0]!
  const documents = bodies.map(parseDocument)
  return documents.includes(undefined) ? bodies.join('\n\n') : JSON.stringify(documents.flat())
}

/** The parts of a message that says itself what it says: every text of the channel is replaced by it. */
export function presetParts(
  { templates, escapesMarkdown }: Pick<NotifierMember<z.ZodType>, 'templates' | 'escapesMarkdown'>,
  { title, body }: { title: string; body: string },
): Record<string, string> {
  const text = escapesMarkdown === true ? markdownEscaped(body) : body
  return Object.fromEntries(Object.keys(templates).map((part) => [part, part === 'title' ? title : text]))
}

interface Told {
  readonly message: Message
  readonly teller: Teller
}

function renderPart(part: string, { each, whole }: CompiledPart, { message, teller }: Told): string {
  const { entries } = message
  if (entries.length === 1) return each.render(templateData(message, teller))
  if (whole !== undefined) return whole.render(templateData(message, teller))
  const texts = entries.map((entry) => each.render(templateData(message, teller, entry)))
  if (part === 'title') return joinTitles(texts)
  return part === 'body' ? joinBodies(texts) : texts[0]!
}

function tellsOfAll(text: string): boolean {
  return /\.Entries\b/.test(text)
}

/** Only lists and objects count: a body may be the word `null` or a number by chance. */
function parseDocument(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

function explain<Result>(place: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { phase, reason, line, column } = error
    const problem = phase === 'parse' ? 'cannot be read' : 'cannot be filled in'
    throw new Failure('invalid', `The template ${problem}: ${reason}.`, {
      where: `${place}, line ${line}, column ${column}`,
      remedy: 'Correct the template; the fields and functions are listed in docs/notifiers.md.',
      cause: error,
    })
  }
}
