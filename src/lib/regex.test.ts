// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Go writes a group in a replacement so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRegex, RegexError } from './regex.ts'

test('a pattern is searched for anywhere and reads Go syntax', () => {
  const rows: [pattern: string, text: string, found: boolean][] = [
    ['b+', 'abbc', true],
    ['^b+', 'abbc', false],
    ['^v\\d+\\.\\d+$', 'v1.24', true],
    ['(?i)ALPINE', '3-alpine', true],
    ['(?P<major>\\d+)', 'x', false],
    ['[[:alpha:]]+\\z', '1.2-rc', true],
    ['\\Qa.b\\E', 'axb', false],
    ['^\\pL+$', 'Größe', true],
    ['', '', true],
  ]
  for (const [pattern, text, found] of rows)
    assert.equal(compileRegex(pattern).test(text), found, `${pattern} on ${text}`)
})

test('a match gives its groups by number and by name', () => {
  const found = compileRegex('(?P<major>\\d+)\\.(\\d+)(-\\w+)?').match('v1.24')
  assert.deepEqual(found, { groups: ['1.24', '1', '24', undefined], named: { major: '1' }, start: 1, end: 5 })
  assert.equal(compileRegex('x').match('y'), undefined)
})

test('replacing follows Go', () => {
  const rows: [pattern: string, text: string, replacement: string, want: string][] = [
    ['[^0-9]+', '1.2.3', '-', '1-2-3'],
    ['(\\d+)\\.(\\d+)', 'v1.24', '$2.$1', 'v24.1'],
    ['(\\d+)', 'v1', '${1}x', 'v1x'],
    ['(\\d+)', 'v1', '$1x', 'v'],
    ['(?P<n>\\d+)', 'v1', '<${n}$n>', 'v<11>'],
    ['a', 'banana', '$$', 'b$n$n$'],
    ['a', 'a', '$', '$'],
    ['a', 'a', '${', '${'],
    ['a', 'a', '$9${no}', ''],
    ['a*', 'baac', 'x', 'xbxcx'],
    ['', 'ab', '-', '-a-b-'],
    ['', '😀', '-', '-😀-'],
    ['^a', 'aaa', 'b', 'baa'],
    ['\\b', 'a b', '|', '|a| |b|'],
    ['a', 'a', '<$constructor>', '<>'],
    ['(a)|(b)', 'ab', '[$1$2]', '[a][b]'],
    ['x', 'abc', '$0', 'abc'],
  ]
  for (const [pattern, text, replacement, want] of rows) {
    assert.equal(compileRegex(pattern).replaceAll(text, replacement), want, `${pattern} on ${text} by ${replacement}`)
  }
})

test('replacing stops at the limit that was asked for', () => {
  const regex = compileRegex('a')
  assert.equal(regex.replaceAll('aaa', 'bb', { limit: 6 }), 'bbbbbb')
  assert.throws(() => regex.replaceAll('aaa', 'bb', { limit: 5 }), RangeError)
})

test('a pattern that RE2 leaves out says so and what to do', () => {
  const rows: [pattern: string, reason: RegExp][] = [
    ['a(?=b)', /look-around.*does not exist in RE2/],
    ['a(?!b)', /look-around/],
    ['(?<=a)b', /look-around/],
    ['(?<!a)b', /look-around/],
    ['(a)\\1', /back-references.*do not exist in RE2/],
    ['(?P<n>a)(?P=n)', /back-references/],
    ['(?<n>a)\\k<n>', /back-references/],
    ['(?>a)', /atomic groups/],
    ['a++', /possessive/],
    ['a\\Z', /use \\z/],
    ['*', /begins with \*.*use \.\*/],
    ['[', /missing closing \]/],
    ['a{1001}', /invalid repeat count/],
    ['((a{100}){100}){100}', /repeat|large/],
    ['a\\', /trailing backslash/],
  ]
  for (const [pattern, reason] of rows) {
    assert.throws(
      () => compileRegex(pattern),
      (error) =>
        error instanceof RegexError &&
        error.source === pattern &&
        reason.test(error.reason) &&
        error.message.includes(error.reason),
      pattern,
    )
  }
})

test('a pattern that would hang a backtracking engine ends', () => {
  assert.equal(compileRegex('^(a+)+$').test(`${'a'.repeat(5000)}b`), false)
})

test('replacing every match by itself changes nothing', () => {
  const patterns = fc.constantFrom('a*', '', '[ab]+', '(a)|b', '\\b', '.', '^', '$')
  fc.assert(
    fc.property(patterns, fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '😀') }), (pattern, text) =>
      assert.equal(compileRegex(pattern).replaceAll(text, '$0'), text),
    ),
  )
})
