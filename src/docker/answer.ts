import type { IncomingMessage } from 'node:http'
import { parseJson } from './json.ts'

const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const LONGEST_MESSAGE = 2000
const LONGEST_EXCERPT = 300
const MOST_LOOKED_AT = 10_000

/** The whole text of an answer. @throws when it is larger than anything an engine says. */
export async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw Object.assign(new Error('the answer is too large'), { code: 'HPE_TOO_LARGE' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The JSON of a body, or its text when it is none; undefined when it is empty. */
export function parseBody(text: string): unknown {
  if (text === '') return undefined
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** The engine says `{"message": …}`; proxies say HTML or plain text, of which the words are enough. */
export function errorText(text: string): string {
  const body = parseBody(text)
  if (typeof body === 'object' && body !== null && 'message' in body) {
    return String(body.message).slice(0, LONGEST_MESSAGE)
  }
  return text
    .slice(0, MOST_LOOKED_AT)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_EXCERPT)
}

/** `?name=value…`; objects as JSON, undefined ones left out. */
export function queryText(query: Readonly<Record<string, unknown>> = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  return parameters.size === 0 ? '' : `?${parameters}`
}

/** The path without version and query, as people know it. */
export function barePath(target: string): string {
  return target.replace(/^\/v\d+\.\d+(?=\/)/, '').replace(/\?.*$/, '')
}
