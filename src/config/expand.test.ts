// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in config files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expandVariables } from './expand.ts'

/** Any character at all; fast-check's own unit for this builds a table of a million first. */
const CHARACTER = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code))

const ENV = { A: 'one', B: 'two', EMPTY: '', BRACES: '${A}', DOLLARS: '$$' }

const CASES: [text: string, result: string][] = [
  ['plain', 'plain'],
  ['${A}', 'one'],
  ['${A}.${B}', 'one.two'],
  ['<${EMPTY}>', '<>'],
  ['<${NOT_SET}>', '<>'],
  ['${NOT_SET:-x}', 'x'],
  ['${EMPTY:-x}', 'x'],
  ['${EMPTY-x}', ''],
  ['${NOT_SET-x}', 'x'],
  ['${A:-x}', 'one'],
  ['${NOT_SET:-${A}}', 'one'],
  ['${NOT_SET:-${EMPTY:-<${B}>}}!', '<two>!'],
  ['${NOT_SET:-}', ''],
  ['${NOT_SET:-{"a":{}}}', '{"a":{}}'],
  ['${NOT_SET:-a-b:c}', 'a-b:c'],
  ['${A:+yes}', 'yes'],
  ['${EMPTY:+yes}', ''],
  ['${EMPTY+yes}', 'yes'],
  ['$${A}', '${A}'],
  ['$${A} ${A}', '${A} one'],
  ['pa$$word', 'pa$$word'],
  ['$A $1 ^v\\d+$', '$A $1 ^v\\d+$'],
  ['{{ range $x := .Tags }}{{ $x }}{{ end }}', '{{ range $x := .Tags }}{{ $x }}{{ end }}'],
  ['{{ .Entry.Image }} ${A}', '{{ .Entry.Image }} one'],
  ['${', '${'],
  ['${A', '${A'],
  ['${A ${B}', '${A two'],
  ['${}', '${}'],
  ['${1}', '${1}'],
  ['${a.b} ${A}', '${a.b} one'],
  ['${BRACES}', '${A}'],
  ['${DOLLARS}${A}', '$$one'],
]

for (const [text, result] of CASES) {
  test(`${text} becomes ${result === '' ? 'nothing' : result}`, () => {
    const expansion = expandVariables(text, ENV)
    assert.equal(expansion.text, result)
    assert.deepEqual(expansion.problems, [])
  })
}

test('names that are not set are told, those with a default are not', () => {
  assert.deepEqual(expandVariables('${X} ${Y:-${Z}} ${W:-w} ${A:-${Q}} ${EMPTY}', ENV).unset, ['X', 'Z'])
})

test('a required variable that is missing or empty is a problem with its text', () => {
  assert.deepEqual(expandVariables('${X:?set it to ${A}} ${EMPTY:?} ${EMPTY?fine}', ENV).problems, [
    'needs the variable X: set it to one',
    'needs the variable EMPTY',
  ])
})

test('nesting without end is a problem, not a crash', () => {
  const depth = 20_000
  const { problems } = expandVariables('${X:-'.repeat(depth) + '}'.repeat(depth), {})
  assert.deepEqual(problems, ['variables are nested more than 50 deep'])
})

test('text without ${ stays byte for byte', () => {
  const text = fc.string({ unit: CHARACTER }).filter((value) => !value.includes('${'))
  fc.assert(fc.property(text, (value) => expandVariables(value, ENV).text === value))
})

test('every mixture of braces and dollars is read without an error', () => {
  const text = fc.array(fc.constantFrom('$', '{', '}', '${', 'A', ':-', '?', 'x')).map((parts) => parts.join(''))
  fc.assert(fc.property(text, (value) => typeof expandVariables(value, ENV).text === 'string'))
})
