/**
 * Parses JSON so that writing it again gives the same numbers: whole numbers beyond 2^53 (an unlimited ulimit or memory
 * limit, a time in nanoseconds) stay in their own text as `JSON.rawJSON` objects.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? JSON.parse(text, keepExact) : JSON.parse(text)
}

const LONG_NUMBER = /\d{16}/

function keepExact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? rawJson(context.source) : value
}

function rawJson(source: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source)
}
