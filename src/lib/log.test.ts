import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.ts'

function written(say: (log: ReturnType<typeof createLog>) => void, json = false): string {
  const lines: string[] = []
  say(createLog({ level: 'info', json, color: false, write: (line) => lines.push(line) }))
  return lines.join('')
}

test('a line has its level, message and fields', () => {
  const line = written((log) => log.warn({ host: 'nas', error: new Error('went away'), count: 2 }, 'Lost'))
  assert.match(line, /^\S+Z WRN Lost host=nas error="went away" count=2\n$/)
})

for (const json of [false, true]) {
  test(`what comes from outside can neither end a line nor command the terminal (${json ? 'JSON' : 'text'})`, () => {
    const evil = 'a\n2026 ERR forged\u001b[2J\u009b2J\u202eb\r\u2028'
    const line = written((log) => log.info({ image: evil, list: [evil], short: '\u001b[31m', [evil]: 1 }, evil), json)
    assert.match(line, /^[^\p{Cc}\p{Zl}\p{Zp}\u202e]*\n$/u)
    assert.ok(line.includes('forged'))
  })
}
