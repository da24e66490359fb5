import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeMarkdown, stringFunctions } from './functions.ts'
import { compileTemplate, TemplateError, type TemplateOptions } from './template.ts'
import { templateFunction } from './value.ts'
import { mapOf, namedString, stringer, struct } from './values.ts'

/** Any character at all; fast-check's own unit for this builds a table of a million first. */
const CHARACTER = fc.nat(0x10ffff).map((code) => String.fromCodePoint(code))

const functions = stringFunctions

function render(template: string, data: unknown = null, options: TemplateOptions = {}): string {
  return compileTemplate(template, { functions, ...options }).render(data)
}

function failure(template: string, data: unknown = null, options: TemplateOptions = {}): TemplateError {
  try {
    render(template, data, options)
  } catch (error) {
    assert.ok(error instanceof TemplateError, `${template}: ${error}`)
    return error
  }
  return assert.fail(`${template} rendered`)
}

test('an error says the phase, the template, the line and the column', () => {
  const rows: [template: string, phase: string, line: number, column: number, reason: RegExp][] = [
    ['{{ unknown 1 }}', 'parse', 1, 4, /function "unknown" not defined/],
    ['a\nb {{ $x }}', 'parse', 2, 6, /undefined variable \$x/],
    ['{{if true}}', 'parse', 1, 12, /\{\{if\}\} has no \{\{end\}\}/],
    ['😀 {{ "x }}', 'parse', 1, 6, /unterminated quoted string/],
    ['{{ 1', 'parse', 1, 1, /unclosed action/],
    ['{{ break }}', 'parse', 1, 4, /outside \{\{range\}\}/],
    ['{{ "a\\q" }}', 'parse', 1, 4, /invalid escape \\q/],
    ['x\n\n{{ upper .n }}', 'render', 3, 4, /upper: wrong type for value; expected string; got int/],
    ['{{ upper .none }}', 'render', 1, 4, /upper: there is no value; expected string/],
    ['{{ .n.x }}', 'render', 1, 4, /can't evaluate field x in type int/],
    ['{{ print 1 (index .l 7) }}', 'render', 1, 13, /error calling index: index out of range: 7/],
    ['{{ regexReplaceAll "[" "-" "x" }}', 'render', 1, 4, /error calling regexReplaceAll: .*missing closing \]/],
    ['{{ template "a" }}', 'render', 1, 4, /template "a" not defined/],
  ]
  for (const [template, phase, line, column, reason] of rows) {
    const error = failure(template, { n: 1, l: [1] }, { name: 'body' })
    assert.deepEqual(
      [error.phase, error.templateName, error.line, error.column],
      [phase, 'body', line, column],
      template,
    )
    assert.match(error.reason, reason)
    assert.equal(error.message, `template body, line ${line}, column ${column}: ${error.reason}`)
  }
})

test('white space around the text goes only when asked for, and positions stay those of the file', () => {
  assert.equal(render('\n x \n'), '\n x \n')
  assert.equal(render('\n x \n', null, { trim: true }), 'x')
  assert.equal(render(' \n ', null, { trim: true }), '')
  assert.equal(failure('\n\n  {{ $x }}', null, { trim: true }).line, 3)
})

test('a function given by the caller comes before a built-in one', () => {
  const mine = { len: templateFunction(['text'], () => 'mine'), and: templateFunction(['value'], () => 'own and') }
  assert.equal(render('{{len "a"}} {{and 1}}', null, { functions: mine }), 'mine own and')
})

test('functions exist only where they are given', () => {
  assert.match(failure('{{escapeMarkdown "a"}}').reason, /not defined/)
  assert.equal(render('{{escapeMarkdown .}}', 'a_b*[`', { functions: { escapeMarkdown } }), 'a\\_b\\*\\[\\`')
})

test('named strings and stringers may be given to functions on strings', () => {
  const data = { status: namedString('Status', 'new'), image: stringer('Image', () => 'nginx') }
  assert.equal(render('{{upper .status}} {{.image | upper}}', data), 'NEW NGINX')
})

test('nothing of JavaScript can be reached from a template', () => {
  const names = [
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'call',
    'kind',
    'method',
    'value',
  ]
  const data = {
    map: mapOf({ a: 'b' }),
    plain: { a: 1 },
    text: 'x',
    list: [1],
    named: namedString('Digest', 'sha256:x', { Hex: () => 'x' }),
    struct: struct('Image', { Tag: '1' }, { Name: () => 'n' }),
    bare: Object.assign(Object.create(null), { a: 1 }),
  }
  for (const name of names) {
    for (const holder of ['map', 'plain', 'bare'])
      assert.equal(render(`{{.${holder}.${name}}}`, data), '<no value>', `${holder}.${name}`)
    for (const holder of ['text', 'list', 'named', 'struct'])
      assert.match(failure(`{{.${holder}.${name}}}`, data).reason, /can't evaluate field/)
    assert.equal(render(`{{index .map "${name}"}}`, data), '')
  }
})

test('an own key with the name of something of JavaScript is an ordinary key', () => {
  assert.equal(render('{{.__proto__}} {{.constructor}}', JSON.parse('{"__proto__":"a","constructor":"b"}')), 'a b')
})

test('what was not meant to be shown is refused', () => {
  class Token {
    readonly value = 'hunter2'
    toString() {
      return this.value
    }
  }
  const data = { token: new Token(), run: () => 'hunter2', sign: Symbol('hunter2') }
  for (const name of Object.keys(data)) {
    const error = failure(`{{.${name}}}`, data)
    assert.match(error.reason, /cannot be used in a template/)
    assert.doesNotMatch(error.message, /hunter2/)
  }
  assert.match(failure('{{.}}', new Token()).reason, /cannot be used/)
})

test('a template that would not end, or grow without end, is stopped', () => {
  const rows: [template: string, reason: RegExp][] = [
    ['{{range 1000000000}}{{end}}', /too much work/],
    ['{{range 1000000000}}{{$x := 1}}{{end}}', /too much work/],
    ['{{define "a"}}{{template "a" .}}{{end}}{{template "a" 1}}', /deeper than/],
    ['{{range 1000000}}xxxxxxxxxxxxxxxxxxxx{{end}}', /more than 20000 characters/],
    ['{{$x := "ab"}}{{range 64}}{{$x = print $x $x}}{{end}}', /too much work|more than/],
    ['{{printf "%999999d%999999d" 1 2}}', /more than/],
    ['{{$x := printf "%5000d" 1}}{{replace " " $x $x}}', /more than/],
    ['{{range 1000}}{{$x := regexReplaceAll "(a|b){1000}" "" "x"}}{{end}}', /too much work/],
    [`{{${'('.repeat(300)}1${')'.repeat(300)}}}`, /nested deeper/],
    ['{{if 1}}'.repeat(300), /nested deeper/],
  ]
  for (const [template, reason] of rows) {
    const error = failure(template, null, { limits: { output: 20_000, work: 1_000_000 } })
    assert.match(error.reason, reason, template)
  }
})

test('data that holds itself cannot be printed', () => {
  const data: Record<string, unknown> = {}
  data.self = data
  assert.match(failure('{{.}}', data).reason, /nested deeper/)
  assert.equal(render('{{.self.self.x}}', data), '<no value>')
})

test('text without braces renders as itself', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: CHARACTER }),
      (text) => fc.pre(!text.includes('{{')) ?? assert.equal(render(text), text),
    ),
  )
})

test('data is printed as it is, never read as a template', () => {
  fc.assert(
    fc.property(fc.string(), (text) => assert.equal(render('{{.}}{{print .}}{{printf "%s" .}}', text), text.repeat(3))),
  )
  assert.equal(render('{{.}}', '{{upper "x"}}'), '{{upper "x"}}')
})

test('a quoted text reads back as the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: CHARACTER }), (text) => {
      const whole = text.toWellFormed()
      assert.equal(render(`{{${render('{{printf "%q" .}}', whole)}}}`), whole)
      assert.equal(render(`{{${render('{{printf "%+q" .}}', whole)}}}`), whole)
    }),
  )
})

test('any soup of tokens either renders or is a template error', () => {
  const pieces = fc.constantFrom(
    ...'{{ }} {{- -}} if else end range with define template block break continue . .a $ $x := = | ( ) "a" `b` 1 1.5 nil true print index len eq , /* */ a'.split(
      ' ',
    ),
    ' ',
    '\n',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (soup) => {
      const template = soup.join('')
      try {
        assert.equal(typeof render(template, { a: [1, 'x'] }), 'string')
      } catch (error) {
        assert.ok(error instanceof TemplateError, `${template}: ${error}`)
      }
    }),
    { numRuns: 500 },
  )
})
