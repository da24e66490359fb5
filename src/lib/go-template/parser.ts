import type { Branch, Node } from './ast.ts'
import { type Cursor, createCursor } from './cursor.ts'
import type { Source } from './errors.ts'
import { lex } from './lexer.ts'
import { unquote } from './literals.ts'
import { parsePipe } from './parse-pipe.ts'

/** The parsed text and what it defines by name. */
export interface ParsedTemplate {
  readonly main: readonly Node[]
  readonly defined: ReadonlyMap<string, readonly Node[]>
}

/**
 * Parses the whole of Go's template language (https://pkg.go.dev/text/template), 1.24 included: `break`, `continue`,
 * `else with`. `isFunction` says which names may be called.
 * @throws TemplateError
 */
export function parse(source: Source, isFunction: (name: string) => boolean): ParsedTemplate {
  const cursor = createCursor(source, lex(source), isFunction)
  const main: Node[] = []
  for (;;) {
    const { nodes, stop } = parseList(cursor)
    main.push(...nodes)
    if (stop === 'end-of-text') return { main, defined: cursor.defined }
    if (stop !== 'define') throw cursor.error(`unexpected {{${stop}}}`)
    parseDefinition(cursor)
  }
}

type Stop = 'end' | 'else' | 'define' | 'end-of-text'

interface List {
  nodes: Node[]
  /** The keyword that ended it; it has been read, what comes behind it has not. */
  stop: Stop
}

function parseList(cursor: Cursor): List {
  const nodes: Node[] = []
  for (;;) {
    const token = cursor.next()
    if (token.kind === 'end-of-text') return { nodes, stop: 'end-of-text' }
    if (token.kind === 'text') {
      nodes.push({ type: 'text', text: token.text, at: token.at })
      continue
    }
    const first = cursor.peekWord()
    const word = first.kind === 'keyword' ? first.text : ''
    if (word === 'end' || word === 'else' || word === 'define') {
      cursor.nextWord()
      return { nodes, stop: word }
    }
    nodes.push(parseAction(cursor, word))
  }
}

function parseAction(cursor: Cursor, word: string): Node {
  const { at } = cursor.peekWord()
  switch (word) {
    case 'if':
    case 'with':
    case 'range':
      cursor.nextWord()
      return cursor.nested(() => parseBranch(cursor, word, at))
    case 'break':
    case 'continue':
      cursor.nextWord()
      cursor.expectClose(word)
      if (cursor.ranges.depth === 0) throw cursor.errorAt(at, `{{${word}}} outside {{range}}`)
      return { type: word, at }
    case 'template':
      cursor.nextWord()
      return parseTemplateCall(cursor, at)
    case 'block':
      cursor.nextWord()
      return cursor.nested(() => parseBlock(cursor, at))
    default:
      return { type: 'action', pipe: parsePipe(cursor, 'command', 'close'), at }
  }
}

function parseBranch(cursor: Cursor, type: Branch['type'], at: number): Branch {
  const scope = cursor.variables.length
  const pipe = parsePipe(cursor, type, 'close')
  if (type === 'range') cursor.ranges.depth++
  const body = parseList(cursor)
  if (type === 'range') cursor.ranges.depth--
  const otherwise = body.stop === 'else' ? parseElse(cursor, type) : closed(cursor, body.stop, type)
  cursor.variables.length = scope
  return { type, pipe, body: body.nodes, otherwise, at }
}

/** `else if` and `else with` go on with a branch that shares the one `end`. */
function parseElse(cursor: Cursor, type: Branch['type']): Node[] {
  const next = cursor.peekWord()
  if (type !== 'range' && next.kind === 'keyword' && next.text === type) {
    cursor.nextWord()
    return [cursor.nested(() => parseBranch(cursor, type, next.at))]
  }
  cursor.expectClose('else')
  const { nodes, stop } = parseList(cursor)
  closed(cursor, stop, type)
  return nodes
}

function closed(cursor: Cursor, stop: Stop, context: string): undefined {
  if (stop === 'end-of-text') throw cursor.error(`{{${context}}} has no {{end}}`)
  if (stop !== 'end') throw cursor.error(`unexpected {{${stop}}} in {{${context}}}`)
  cursor.expectClose('end')
}

function parseTemplateCall(cursor: Cursor, at: number): Node {
  const name = templateName(cursor, 'template')
  if (cursor.peekWord().kind === 'close') {
    cursor.nextWord()
    return { type: 'template', name, pipe: undefined, at }
  }
  return { type: 'template', name, pipe: parsePipe(cursor, 'template', 'close'), at }
}

function parseBlock(cursor: Cursor, at: number): Node {
  const name = templateName(cursor, 'block')
  const pipe = parsePipe(cursor, 'block', 'close')
  define(cursor, name, 'block')
  return { type: 'template', name, pipe, at }
}

function parseDefinition(cursor: Cursor) {
  const name = templateName(cursor, 'define')
  cursor.expectClose('define')
  define(cursor, name, 'define')
}

/** A definition sees no variable of the text around it and may be given twice only when one of the two is blank. */
function define(cursor: Cursor, name: string, context: string) {
  const { variables, ranges } = cursor
  const outer = { variables: variables.splice(0), depth: ranges.depth }
  variables.push('$')
  ranges.depth = 0
  const { nodes, stop } = parseList(cursor)
  closed(cursor, stop, context)
  variables.splice(0, variables.length, ...outer.variables)
  ranges.depth = outer.depth
  const known = cursor.defined.get(name)
  if (known && !isBlank(known) && !isBlank(nodes))
    throw cursor.error(`multiple definition of template ${JSON.stringify(name)}`)
  if (!known || isBlank(known)) cursor.defined.set(name, nodes)
}

/** Whether a template holds nothing but white space. */
export function isBlank(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.type === 'text' && node.text.trim() === '')
}

function templateName(cursor: Cursor, context: string): string {
  const token = cursor.nextWord()
  if (token.kind !== 'string' && token.kind !== 'raw-string')
    throw cursor.errorAt(token.at, `{{${context}}} needs a quoted name`)
  return cursor.literal(token, unquote)
}
