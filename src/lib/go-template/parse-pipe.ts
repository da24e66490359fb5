import type { Command, Operand, Pipe } from './ast.ts'
import { type Cursor, describe } from './cursor.ts'
import { parseNumber, unquote, unquoteChar } from './literals.ts'
import { bool, text } from './value.ts'

type Context = 'command' | 'if' | 'with' | 'range' | 'template' | 'block' | 'parentheses'

/** `declarations? command ('|' command)*`, up to and with the token that ends it. */
export function parsePipe(cursor: Cursor, context: Context, end: 'close' | 'right-paren'): Pipe {
  const { at } = cursor.peekWord()
  const { variables, assigns } = parseDeclarations(cursor, context)
  const commands: Command[] = []
  while (cursor.peekWord().kind !== end) commands.push(parseCommand(cursor, context))
  cursor.nextWord()
  if (commands.length === 0) throw cursor.error(`missing value for ${context}`)
  const idle = commands
    .slice(1)
    .find(({ operands: [first] }) => first.type === 'dot' || first.type === 'nil' || isLiteral(first))
  if (idle) throw cursor.errorAt(idle.at, 'only a function or a method can stand behind a pipe')
  return { type: 'pipe', variables, assigns, commands, at }
}

interface Declarations {
  variables: string[]
  assigns: boolean
}

/** `$x :=`, `$x =` and, in a range, `$i, $x :=`. Without one of the signs the variable is an operand and is left alone. */
function parseDeclarations(cursor: Cursor, context: Context): Declarations {
  const variables: string[] = []
  for (;;) {
    const sign = cursor.signBehindVariable()
    if (!sign) return { variables, assigns: false }
    const variable = cursor.nextWord().text
    cursor.nextWord()
    variables.push(variable)
    if (sign === 'comma') {
      if (context !== 'range' || variables.length > 1) throw cursor.error(`too many declarations in ${context}`)
      if (cursor.peekWord().kind !== 'variable') throw cursor.error('range can only initialize variables')
      continue
    }
    cursor.variables.push(...variables)
    return { variables, assigns: sign === 'assign' }
  }
}

function parseCommand(cursor: Cursor, context: Context): Command {
  const { at } = cursor.peekWord()
  const operands: Operand[] = []
  for (;;) {
    cursor.peekWord()
    const operand = parseOperand(cursor)
    if (operand) operands.push(operand)
    const token = cursor.peek()
    if (token.kind === 'space') continue
    if (token.kind === 'pipe') cursor.next()
    else if (token.kind !== 'close' && token.kind !== 'right-paren') {
      throw cursor.errorAt(token.at, `unexpected ${describe(token)} in ${context}`)
    }
    break
  }
  const [first, ...rest] = operands
  if (!first) throw cursor.error(`empty command in ${context}`)
  return { operands: [first, ...rest], at }
}

/** A term and the fields behind it: `.A.B`, `$x.A`, `(pipe).A`, `function.A`. */
function parseOperand(cursor: Cursor): Operand | undefined {
  const term = parseTerm(cursor)
  if (!term || cursor.peek().kind !== 'field') return term
  if (isLiteral(term) || term.type === 'dot' || term.type === 'nil')
    throw cursor.errorAt(term.at, 'a field cannot be taken of a literal')
  const names: string[] = []
  while (cursor.peek().kind === 'field') names.push(cursor.next().text.slice(1))
  if (term.type === 'field' || term.type === 'variable') return { ...term, names: [...term.names, ...names] }
  return { type: 'chain', of: term, names, at: term.at }
}

function isLiteral(operand: Operand): boolean {
  return operand.type === 'literal' || operand.type === 'too-large'
}

function parseTerm(cursor: Cursor): Operand | undefined {
  const token = cursor.peek()
  const { kind, at } = token
  if (!TERMS.has(kind)) return undefined
  cursor.next()
  switch (kind) {
    case 'dot':
    case 'nil':
      return { type: kind, at }
    case 'field':
      return { type: 'field', names: [token.text.slice(1)], at }
    case 'variable':
      if (!cursor.variables.includes(token.text)) throw cursor.errorAt(at, `undefined variable ${token.text}`)
      return { type: 'variable', name: token.text, names: [], at }
    case 'identifier':
      if (!cursor.isFunction(token.text)) throw cursor.errorAt(at, `function ${JSON.stringify(token.text)} not defined`)
      return { type: 'function', name: token.text, at }
    case 'left-paren':
      return cursor.nested(() => parsePipe(cursor, 'parentheses', 'right-paren'))
    case 'number': {
      const value = cursor.literal(token, parseNumber)
      return value ? { type: 'literal', value, at } : { type: 'too-large', text: token.text, at }
    }
    case 'char':
      return { type: 'literal', value: cursor.literal(token, unquoteChar), at }
    case 'bool':
      return { type: 'literal', value: bool(token.text === 'true'), at }
    default:
      return { type: 'literal', value: text(cursor.literal(token, unquote)), at }
  }
}

const TERMS: ReadonlySet<string> = new Set([
  'dot',
  'nil',
  'field',
  'variable',
  'identifier',
  'left-paren',
  'number',
  'char',
  'bool',
  'string',
  'raw-string',
])
