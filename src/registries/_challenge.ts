/** One way to log in that a server offers. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string
  /** Names in lower case. */
  readonly params: Readonly<Record<string, string>>
}

// One parameter, with its value quoted or bare. What follows a quoted value without a comma is read all the same.
const PARAM =
  /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?:,|$|(?=[ \t]*[A-Za-z]))/y
const SCHEME = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]+|$|(?=,))/y
const GAP = /[\s,]*/y
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*[ \t]*(?:,|$)/y

/** Reads `WWW-Authenticate`, which may hold several challenges (RFC 9110, 11.6.1). What cannot be read ends the list. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = []
  const reader = { text: header, at: 0 }
  while (reader.at < header.length) {
    take(reader, GAP)
    const scheme = take(reader, SCHEME)?.[1]
    if (scheme === undefined) break
    challenges.push({ scheme: scheme.toLowerCase(), params: readParams(reader) })
  }
  return challenges
}

interface Reader {
  readonly text: string
  at: number
}

function readParams(reader: Reader): Record<string, string> {
  const params: Record<string, string> = {}
  for (;;) {
    take(reader, GAP)
    const found = take(reader, PARAM)
    if (found === undefined) break
    const [, name = '', quoted, bare = ''] = found
    params[name.toLowerCase()] ??= quoted === undefined ? bare : quoted.replace(/\\(.)/g, '$1')
  }
  if (Object.keys(params).length === 0) skipToken68(reader)
  return params
}

// `Negotiate TlRM…==`: one value in place of parameters. A lone word is the next scheme instead.
function skipToken68(reader: Reader): void {
  TOKEN68.lastIndex = reader.at
  const found = TOKEN68.exec(reader.text)
  if (found?.[0].includes('=')) reader.at = TOKEN68.lastIndex
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)
  if (found === null) return undefined
  reader.at = pattern.lastIndex
  return found
}
