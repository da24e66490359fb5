/** SQLite allows 32,766 bound values in one statement; this keeps well below, and what is read at once small. */
const CHUNK = 200

/** The items some hundred at a time, in their order. */
export function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK)
}
