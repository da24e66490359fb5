import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printTable, progressLine, type Terminal } from './_terminal.ts'

function recorded(): Terminal & { text: string } {
  return {
    text: '',
    out(text) {
      this.text += text
    },
    err(text) {
      this.text += text
    },
    isTty: true,
    isErrTty: true,
    color: false,
    columns: 80,
  }
}

test('names from outside can neither command the terminal nor break a table', () => {
  const terminal = recorded()
  printTable(terminal, [{ title: 'name', of: (name) => name }], ['web\u001b[2J', 'a\nb', '\u009bx'])
  assert.equal(terminal.text, 'NAME\nweb\\u001b[2J\na\\nb\n\\u009bx\n')
})

test('a line of progress stays one line', () => {
  const terminal = recorded()
  progressLine(terminal).show('a\nb\u001b[2J')
  assert.equal(terminal.text, '\r\u001b[2Ka\\nb\\u001b[2J')
})
