import type { Node } from './ast.ts'
import { parseError, type Source, type TemplateError } from './errors.ts'
import type { Token } from './lexer.ts'

/** Where the parser stands, and what it has to remember on the way. */
export interface Cursor {
  readonly source: Source
  readonly isFunction: (name: string) => boolean
  /** The names that may be used here, outermost first. */
  readonly variables: string[]
  readonly ranges: { depth: number }
  readonly defined: Map<string, readonly Node[]>
  peek(): Token
  next(): Token
  /** As `peek` and `next`, behind any space. */
  peekWord(): Token
  nextWord(): Token
  /** What stands behind the variable that comes next and makes it one that is set; undefined when it is only used. */
  signBehindVariable(): 'declare' | 'assign' | 'comma' | undefined
  expectClose(context: string): void
  /** Goes one level deeper, up to a limit. */
  nested<T>(read: () => T): T
  literal<T>(token: Token, read: (text: string) => T): T
  error(reason: string): TemplateError
  errorAt(at: number, reason: string): TemplateError
}

const DEEPEST = 200

export function createCursor(source: Source, tokens: readonly Token[], isFunction: (name: string) => boolean): Cursor {
  let index = 0
  let depth = 0
  const errorAt = (at: number, reason: string) => parseError(source, at, reason)
  const peek = () => tokens[Math.min(index, tokens.length - 1)]!
  const next = () => {
    const token = peek()
    index++
    return token
  }
  const peekWord = () => {
    while (peek().kind === 'space') index++
    return peek()
  }
  return {
    source,
    isFunction,
    variables: ['$'],
    ranges: { depth: 0 },
    defined: new Map(),
    peek,
    next,
    peekWord,
    nextWord() {
      peekWord()
      return next()
    },
    signBehindVariable() {
      if (peekWord().kind !== 'variable') return undefined
      const sign = tokens[tokens[index + 1]?.kind === 'space' ? index + 2 : index + 1]
      if (sign?.kind === 'declare' || sign?.kind === 'assign') return sign.kind
      return sign?.text === ',' ? 'comma' : undefined
    },
    expectClose(context) {
      const token = peekWord()
      if (token.kind !== 'close') throw errorAt(token.at, `unexpected ${describe(token)} in {{${context}}}`)
      next()
    },
    nested(read) {
      if (++depth > DEEPEST) throw errorAt(peek().at, `nested deeper than ${DEEPEST} levels`)
      const result = read()
      depth--
      return result
    },
    literal(token, read) {
      try {
        return read(token.text)
      } catch (error) {
        throw errorAt(token.at, error instanceof Error ? error.message : String(error))
      }
    },
    error: (reason) => errorAt(tokens[Math.max(0, index - 1)]!.at, reason),
    errorAt,
  }
}

/** A token as a reader would name it. */
export function describe({ kind, text }: Token): string {
  return kind === 'end-of-text' ? 'end of the template' : JSON.stringify(text)
}
