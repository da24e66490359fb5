import { httpError } from './errors.ts'
import type { HttpError } from './types.ts'

/** Gathers the bytes of an answer. `add` returns the error when there are more than allowed. */
export interface BodyBuffer {
  add(chunk: Buffer): HttpError | undefined
  bytes(): Uint8Array
}

const NOTHING = new Uint8Array(0)

export function createBodyBuffer(host: string, maxBytes: number): BodyBuffer {
  const chunks: Buffer[] = []
  let size = 0
  return {
    add(chunk) {
      size += chunk.length
      if (size > maxBytes) return httpError('too-large', host, `more than ${maxBytes} bytes`)
      chunks.push(chunk)
      return undefined
    },
    bytes() {
      if (chunks.length === 0) return NOTHING
      return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
    },
  }
}

/** Header values as one text each. */
export function flattenHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || name.charCodeAt(0) === 58) continue
    flat[name] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  return flat
}
