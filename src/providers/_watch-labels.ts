import type { LabelOptions } from '../domain/labels.ts'
import type { Log } from '../lib/log.ts'
import { parseDuration } from '../lib/options.ts'
import { compileRegex, RegexError } from '../lib/regex.ts'

/** What reading labels and watch lists needs from outside of the domain. */
export const VALUE_CHECKS: Pick<LabelOptions, 'checkRegex' | 'parseDuration'> = { checkRegex, parseDuration }

/** Says a thing once in a life, however often it is noticed: what is listed again and again must not fill the log. */
export function sayOnce(log: Log): (message: string, fields?: object) => void {
  const said = new Set<string>()
  return (message, fields = {}) => {
    const key = `${message}\n${JSON.stringify(fields)}`
    if (said.has(key)) return
    said.add(key)
    log.warn(fields, message)
  }
}

/**
 * Diun's order: what a label says counts before the defaults of the config, and the provider's own fields only fill
 * what is missing or empty. Always a new object.
 */
export function mergeMetadata(
  labels: Readonly<Record<string, string>>,
  { defaults, own }: { defaults: Readonly<Record<string, string>>; own: Readonly<Record<string, string>> },
): Record<string, string> {
  const said = Object.entries({ ...defaults, ...labels }).filter(([, value]) => value !== '')
  return { ...own, ...Object.fromEntries(said) }
}

function checkRegex(source: string): string | undefined {
  try {
    compileRegex(source)
    return undefined
  } catch (error) {
    if (error instanceof RegexError) return error.reason
    throw error
  }
}
