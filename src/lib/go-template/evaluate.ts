import type { Branch, Node, Pipe } from './ast.ts'
import { display } from './format-value.ts'
import { evaluatePipe } from './pipeline.ts'
import { guard, renderError, type Scope } from './scope.ts'
import { int, none, text, truth, type Value } from './value.ts'

/** A scope with the templates that can be called by name. */
export interface Program extends Scope {
  readonly templates: ReadonlyMap<string, readonly Node[]>
}

/** Says why a list ended before its last node. */
type Jump = 'break' | 'continue' | undefined

/** Writes what the nodes render to the meter of the program. Throws TemplateError. */
export function walk(program: Program, dot: Value, nodes: readonly Node[]): Jump {
  const inner = { ...program, depth: program.depth + 1 }
  for (const node of nodes) {
    const jump = guard(program, node.at, () => walkNode(inner, dot, node))
    if (jump) return jump
  }
  return undefined
}

function walkNode(program: Program, dot: Value, node: Node): Jump {
  program.meter.step(program.depth)
  switch (node.type) {
    case 'text':
      program.meter.write(node.text)
      return undefined
    case 'action':
      walkAction(program, dot, node.pipe)
      return undefined
    case 'template':
      callTemplate(program, dot, node)
      return undefined
    case 'break':
    case 'continue':
      return node.type
    default:
      return scoped(program, () =>
        node.type === 'range' ? walkRange(program, dot, node) : walkChoice(program, dot, node),
      )
  }
}

/** Variables that were made inside are gone behind it. */
function scoped<T>({ variables }: Program, run: () => T): T {
  const mark = variables.length
  const result = run()
  variables.length = mark
  return result
}

function walkAction(program: Program, dot: Value, pipe: Pipe) {
  const value = evaluatePipe(program, dot, pipe)
  if (pipe.variables.length > 0) return
  if (value.kind === 'func') throw renderError(program, pipe.at, 'a function cannot be printed; call it with {{call}}')
  program.meter.write(shown(value))
}

/** A pointer to a struct prints as what it points to. */
function shown(value: Value): string {
  if (value.kind === 'none') return '<no value>'
  const printed = display(value)
  const isBarePointer = value.kind === 'struct' && value.type.startsWith('*') && !value.method?.('String')
  return isBarePointer ? printed.slice(1) : printed
}

function walkChoice(program: Program, dot: Value, { type, pipe, body, otherwise }: Branch): Jump {
  const value = evaluatePipe(program, dot, pipe)
  if (truth(value)) return walk(program, type === 'with' ? value : dot, body)
  return otherwise ? walk(program, dot, otherwise) : undefined
}

function callTemplate(program: Program, dot: Value, { name, pipe, at }: Extract<Node, { type: 'template' }>) {
  const nodes = program.templates.get(name)
  if (!nodes) throw renderError(program, at, `template ${JSON.stringify(name)} not defined`)
  const argument = pipe ? evaluatePipe(program, dot, pipe) : none
  walk({ ...program, variables: [{ name: '$', value: argument }] }, argument, nodes)
}

function walkRange(program: Program, dot: Value, branch: Branch): Jump {
  const value = evaluatePipe(program, dot, branch.pipe)
  let isEmpty = true
  for (const [index, item] of entries(program, value, branch.pipe)) {
    isEmpty = false
    program.meter.step(program.depth)
    if (scoped(program, () => iterate(program, branch, index, item)) === 'break') break
  }
  return isEmpty && branch.otherwise ? walk(program, dot, branch.otherwise) : undefined
}

/** One variable takes the item; of two the first takes the index or the key. */
function iterate(program: Program, { pipe, body }: Branch, index: Value, item: Value): Jump {
  const [first, second] = pipe.variables
  if (second !== undefined) setTop(program, first!, index)
  if (first !== undefined) setTop(program, second ?? first, item)
  return walk(program, item, body)
}

function setTop({ variables }: Program, name: string, value: Value) {
  const variable = variables.findLast((known) => known.name === name)
  if (variable) variable.value = value
}

function* entries(program: Program, value: Value, pipe: Pipe): Generator<[index: Value, item: Value]> {
  switch (value.kind) {
    case 'none':
    case 'nil':
      return
    case 'list':
      for (let index = 0; index < value.length; index++) yield [int(index), value.at(index)]
      return
    case 'dict':
      for (const key of value.keys()) yield [text(key), value.get(key) ?? none]
      return
    case 'int':
      if (pipe.variables.length > 1) throw renderError(program, pipe.at, 'a range over a number takes one variable')
      for (let index = 0n; index < value.value; index++) yield [none, int(index, value)]
      return
    default:
      throw renderError(program, pipe.at, `range can't iterate over a value of type ${value.type}`)
  }
}
