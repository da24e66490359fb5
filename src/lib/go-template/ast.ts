import type { Value } from './value.ts'

/** Every node says with `at` where in the source it begins. */
export type Node =
  | { readonly type: 'text'; readonly text: string; readonly at: number }
  | { readonly type: 'action'; readonly pipe: Pipe; readonly at: number }
  | Branch
  | { readonly type: 'break' | 'continue'; readonly at: number }
  | { readonly type: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly at: number }

export interface Branch {
  readonly type: 'if' | 'with' | 'range'
  readonly pipe: Pipe
  readonly body: readonly Node[]
  readonly otherwise: readonly Node[] | undefined
  readonly at: number
}

/** `$a, $b := command | command`, alone or in parentheses. */
export interface Pipe {
  readonly type: 'pipe'
  readonly variables: readonly string[]
  readonly assigns: boolean
  readonly commands: readonly Command[]
  readonly at: number
}

export interface Command {
  readonly operands: readonly [Operand, ...Operand[]]
  readonly at: number
}

export type Operand =
  | { readonly type: 'dot' | 'nil'; readonly at: number }
  | { readonly type: 'literal'; readonly value: Value; readonly at: number }
  | { readonly type: 'too-large'; readonly text: string; readonly at: number }
  | { readonly type: 'field'; readonly names: readonly string[]; readonly at: number }
  | { readonly type: 'variable'; readonly name: string; readonly names: readonly string[]; readonly at: number }
  | { readonly type: 'chain'; readonly of: Operand; readonly names: readonly string[]; readonly at: number }
  | { readonly type: 'function'; readonly name: string; readonly at: number }
  | Pipe
