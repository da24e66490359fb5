import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { printSummary } from './print.ts'
import { runFiles, runShards } from './run-files.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'seaworthy-runner-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, source: string): string {
  const at = path.join(folder, `${name}.test.ts`)
  writeFileSync(at, `import { beforeEach, describe, test } from 'node:test'\n${source}\n`)
  return at
}

for (const [what, source, closing, told] of [
  ['a test that passes is counted', `test('fine', () => {})`, '1 passed, 0 failed, 0 skipped', ''],
  [
    'a failure is told with file, name and message',
    `describe('a suite', () => { test('broken', () => { throw new Error('leak below') }) })`,
    '0 passed, 1 failed, 0 skipped',
    /a suite › broken(.|\n)*leak below/,
  ],
  [
    'a skipped suite is counted once and told with its reason',
    `describe('the fleet', { skip: 'no harbour here' }, () => { test('a', () => {}); test('b', () => {}) })`,
    '0 passed, 0 failed, 1 skipped',
    /the fleet: no harbour here/,
  ],
  [
    'a file that does not load has failed',
    `throw new Error('does not load')`,
    '0 passed, 1 failed, 0 skipped',
    /does not load/,
  ],
  ['a file without tests has failed', '', '0 passed, 1 failed, 0 skipped', /has no test/],
  [
    'a process that ends early has failed, although it says all is well',
    `test('fine', () => {}); test('leaves', () => process.exit(0)); test('never', () => {})`,
    /failed, 0 skipped$/,
    /before its tests did/,
  ],
  [
    'a process that dies has failed, with what it wrote',
    `test('dies', () => { console.error('man overboard'); process.kill(process.pid, 'SIGKILL') })`,
    /1 failed, 0 skipped$/,
    /SIGKILL(.|\n)*man overboard/,
  ],
] as const) {
  test(what, async () => {
    let text = ''
    const rows = await runFiles([file(what.replaceAll(/\W+/g, '-'), source)], 30_000)
    const { failed } = printSummary(rows, (piece) => {
      text += piece
    })
    const last = text.trimEnd().split('\n').at(-1)!
    assert.match(last, typeof closing === 'string' ? new RegExp(`^${closing}$`) : closing)
    assert.match(text, new RegExp(told, 'm'))
    assert.equal(failed, !last.includes(' 0 failed'))
  })
}

test('a process that outlives its time is ended and has failed', async () => {
  const endless = file('endless', `test('waits', () => new Promise(() => setInterval(() => {}, 1000)))`)
  const rows = await runFiles([endless], 500)
  assert.deepEqual(
    rows.map((row) => row.outcome),
    ['failed'],
  )
})

test('hooks of one file do not run for the tests of another in the same process', async () => {
  const files = [
    file('hooks', `beforeEach(() => { throw new Error('not yours') }); test('its own', () => {})`),
    file('other', `test('undisturbed', () => {})`),
  ]
  const rows = await runShards(files, 1, 30_000)
  assert.deepEqual(
    rows.map((row) => [row.name, row.outcome]),
    [
      ['its own', 'failed'],
      ['undisturbed', 'passed'],
    ],
  )
})
