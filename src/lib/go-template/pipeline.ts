import { argument } from './arguments.ts'
import type { Command, Operand, Pipe } from './ast.ts'
import { guard, lookUp, renderError, type Scope } from './scope.ts'
import { nil, none, type TemplateFunction, truth, type Value } from './value.ts'
import { toValue } from './values.ts'

/** The value of a pipe, after its variables are set. Throws TemplateError. */
export function evaluatePipe(scope: Scope, dot: Value, pipe: Pipe): Value {
  const inner = { ...scope, depth: scope.depth + 1 }
  let value: Value | undefined
  for (const command of pipe.commands) {
    scope.meter.step(inner.depth)
    value = evaluateCommand(inner, dot, command, value)
    if (value.kind === 'nil' && value.type === nil.type) value = none
  }
  for (const name of pipe.variables) setVariable(scope, pipe, name, value ?? none)
  return value ?? none
}

function setVariable(scope: Scope, pipe: Pipe, name: string, value: Value) {
  if (pipe.assigns) lookUp(scope, name, pipe.at).value = value
  else scope.variables.push({ name, value })
}

/** What a name is called with: operands not yet evaluated, and the value that comes through the pipe. */
interface Call {
  readonly args: readonly Operand[]
  readonly piped: Value | undefined
  readonly at: number
}

function evaluateCommand(scope: Scope, dot: Value, { operands }: Command, piped: Value | undefined): Value {
  const [first, ...args] = operands
  const call = { args, piped, at: first.at }
  switch (first.type) {
    case 'function':
      return callByName(scope, dot, first.name, call)
    case 'field':
      return evaluateChain(scope, dot, { receiver: dot, names: first.names, call })
    case 'chain':
      return evaluateChain(scope, dot, { receiver: evaluateOperand(scope, dot, first.of), names: first.names, call })
    case 'variable': {
      const { value } = lookUp(scope, first.name, first.at)
      if (first.names.length > 0) return evaluateChain(scope, dot, { receiver: value, names: first.names, call })
      refuseArguments(scope, call)
      return value
    }
    default:
      refuseArguments(scope, call)
      return evaluateTerm(scope, dot, first)
  }
}

function evaluateTerm(
  scope: Scope,
  dot: Value,
  term: Exclude<Operand, { type: 'function' | 'field' | 'chain' | 'variable' }>,
): Value {
  switch (term.type) {
    case 'pipe':
      return evaluatePipe(scope, dot, term)
    case 'literal':
      return term.value
    case 'too-large':
      throw renderError(scope, term.at, `${term.text} overflows int`)
    case 'nil':
      throw renderError(scope, term.at, 'nil is not a command')
    default:
      return dot
  }
}

function evaluateOperand(scope: Scope, dot: Value, operand: Operand): Value {
  if (operand.type === 'nil') return nil
  return evaluateCommand(scope, dot, { operands: [operand], at: operand.at }, undefined)
}

function refuseArguments(scope: Scope, { args, piped, at }: Call) {
  if (args.length > 0 || piped) throw renderError(scope, at, 'arguments were given to something that is not a function')
}

interface Chain {
  readonly receiver: Value
  readonly names: readonly string[]
  readonly call: Call
}

/** `.A.B.C`: the last name gets the arguments. */
function evaluateChain(scope: Scope, dot: Value, { receiver, names, call }: Chain): Value {
  return names.reduce((value, name, index) => {
    const isLast = index === names.length - 1
    return evaluateName(scope, dot, {
      receiver: value,
      name,
      call: isLast ? call : { args: [], piped: undefined, at: call.at },
    })
  }, receiver)
}

interface Access {
  readonly receiver: Value
  readonly name: string
  readonly call: Call
}

/** A method, a field or the key of a map. */
function evaluateName(scope: Scope, dot: Value, { receiver, name, call }: Access): Value {
  if (receiver.kind === 'none') return none
  if (receiver.kind === 'nil') throw renderError(scope, call.at, `nil pointer evaluating ${receiver.type}.${name}`)
  const method = receiver.method?.(name)
  if (method) return callFunction(scope, dot, { name, run: method, call })
  const found = receiver.kind === 'struct' ? receiver.field(name) : undefined
  if (!found && receiver.kind !== 'dict')
    throw renderError(scope, call.at, `can't evaluate field ${name} in type ${receiver.type}`)
  if (call.args.length > 0 || call.piped) throw renderError(scope, call.at, `${name} has arguments but is not a method`)
  return found ?? (receiver.kind === 'dict' ? receiver.get(name) : undefined) ?? none
}

function callByName(scope: Scope, dot: Value, name: string, call: Call): Value {
  const run = scope.functions.get(name)
  if (run) return callFunction(scope, dot, { name, run, call })
  if (name === 'and' || name === 'or') return shortCircuit(scope, dot, name, call)
  const [callee, ...args] = evaluateAll(scope, dot, call)
  if (callee?.kind !== 'func')
    throw renderError(scope, call.at, `error calling call: ${callee?.type ?? 'nothing'} is not a function`)
  return apply(scope, { name: 'call', run: callee.run, call }, args)
}

/** `and` and `or` evaluate no further than they must. */
function shortCircuit(scope: Scope, dot: Value, name: 'and' | 'or', { args, piped, at }: Call): Value {
  if (args.length === 0 && !piped)
    throw renderError(scope, at, `wrong number of arguments for ${name}: want at least 1, got 0`)
  let value: Value = none
  for (const arg of args) {
    value = evaluateOperand(scope, dot, arg)
    if (truth(value) === (name === 'or')) return value
  }
  return piped ?? value
}

interface Target {
  readonly name: string
  readonly run: TemplateFunction
  readonly call: Call
}

function callFunction(scope: Scope, dot: Value, target: Target): Value {
  checkCount(scope, target, target.call.args.length + (target.call.piped ? 1 : 0))
  return apply(scope, target, evaluateAll(scope, dot, target.call))
}

function evaluateAll(scope: Scope, dot: Value, { args, piped }: Call): Value[] {
  const values = args.map((arg) => evaluateOperand(scope, dot, arg))
  return piped ? [...values, piped] : values
}

function checkCount(scope: Scope, { name, run, call }: Target, given: number) {
  const least = run.params.length - (run.variadic ? 1 : 0)
  if (given === least || (run.variadic && given > least)) return
  throw renderError(
    scope,
    call.at,
    `wrong number of arguments for ${name}: want ${run.variadic ? 'at least ' : ''}${least}, got ${given}`,
  )
}

function apply(scope: Scope, target: Target, values: readonly Value[]): Value {
  const { name, run, call } = target
  checkCount(scope, target, values.length)
  const last = run.params.length - 1
  const args = values.map((value, index) =>
    guard(scope, call.at, () => argument(value, run.params[Math.min(index, last)]!), `${name}: `),
  )
  guard(scope, call.at, () => scope.meter.spend(sizeOf(values) + (run.cost?.(...args) ?? 0)))
  const result = guard(scope, call.at, () => toValue(run.call(...args)), `error calling ${name}: `)
  guard(scope, call.at, () => scope.meter.spend(sizeOf([result])))
  return result
}

function sizeOf(values: readonly Value[]): number {
  return values.reduce((sum, value) => sum + lengthOf(value), 0)
}

function lengthOf(value: Value): number {
  if (value.kind === 'text') return value.value.length
  return value.kind === 'list' ? value.length : 0
}
