import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sample } from './fixtures/sample.ts'
import { escapeMarkdown, stringFunctions } from './functions.ts'
import { compileTemplate, TemplateError } from './template.ts'

interface Row {
  template: string
  /** The sample when there is none. */
  data?: unknown
  want?: string
  error?: 'parse' | 'render'
}

// What Go 1.19 itself rendered, or the phase in which it gave up.
const rows: Row[] = JSON.parse(readFileSync(new URL('./fixtures/conformance.json', import.meta.url), 'utf8'))

// What Go has learned since: 1.23 and 1.24.
const newer: Row[] = [
  { template: '{{range 3}}{{.}}{{end}}', want: '012' },
  { template: '{{range $i := 3}}{{$i}},{{end}}', want: '0,1,2,' },
  { template: '{{range 0}}x{{else}}none{{end}}', want: 'none' },
  { template: '{{range -1}}x{{else}}none{{end}}', want: 'none' },
  { template: '{{range $i, $v := 3}}{{end}}', error: 'render' },
  { template: '{{range 5}}{{if eq . 1}}{{continue}}{{end}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}', want: '02' },
  { template: '{{range len .Numbers}}{{.}}{{end}}', want: '012' },
  { template: '{{with ""}}a{{else with "b"}}{{.}}{{else}}c{{end}}', want: 'b' },
  { template: '{{with ""}}a{{else with ""}}b{{else}}c{{end}}', want: 'c' },
  { template: '{{with ""}}a{{else with $x := "b"}}{{$x}}{{.}}{{end}}', want: 'bb' },
  { template: '{{with ""}}a{{else if true}}b{{end}}', error: 'parse' },
  { template: '{{if false}}a{{else with "b"}}b{{end}}', error: 'parse' },
  { template: '{{range .Numbers}}{{else range .Numbers}}{{end}}', error: 'parse' },
  { template: '{{$x := 0}}{{range $x = .Numbers}}{{end}}{{$x}}', want: '3' },
]

test('every template renders, or fails in the same phase, as in Go', () => {
  const functions = { ...stringFunctions, escapeMarkdown }
  for (const { template, data, want, error } of [...rows, ...newer]) {
    const got = outcome(() => compileTemplate(template, { functions }).render(data === undefined ? sample() : data))
    assert.deepEqual(got, want === undefined ? { error } : { want }, template)
  }
})

test('the table covers both outcomes of both phases', () => {
  assert.ok(rows.length > 1000)
  for (const phase of ['parse', 'render']) assert.ok(rows.filter(({ error }) => error === phase).length > 80, phase)
})

function outcome(render: () => string): { want: string } | { error: string } {
  try {
    return { want: render() }
  } catch (error) {
    assert.ok(error instanceof TemplateError, String(error))
    return { error: error.phase }
  }
}
