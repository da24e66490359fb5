import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, Failure } from './failure.ts'
import { formatProbe, parseProbe } from './probe.ts'
import type { Probe } from './update-settings.ts'

const READ: [text: string, probe: Probe, formatted?: string][] = [
  ['http://:8080/healthz', { kind: 'http', port: 8080, path: '/healthz' }],
  ['HTTP://:80', { kind: 'http', port: 80, path: '/' }, 'http://:80/'],
  ['http://:80/a?b=c', { kind: 'http', port: 80, path: '/a?b=c' }],
  ['tcp://:5432', { kind: 'tcp', port: 5432 }],
  ['exec: pg_isready -U me', { kind: 'exec', command: ['/bin/sh', '-c', 'pg_isready -U me'] }],
  ['exec:true', { kind: 'exec', command: ['/bin/sh', '-c', 'true'] }, 'exec: true'],
  ['exec: ["/app","check"]', { kind: 'exec', command: ['/app', 'check'] }],
  ['exec: [ -f /ready ]', { kind: 'exec', command: ['/bin/sh', '-c', '[ -f /ready ]'] }],
]

for (const [text, probe, formatted = text] of READ)
  test(`the probe ${text} is read and written`, () => {
    assert.deepEqual(parseProbe(text), probe)
    assert.equal(formatProbe(probe), formatted)
    assert.deepEqual(parseProbe(formatted), probe)
  })

for (const [text, why] of [
  ['', /begins with/],
  ['exec:', /begins with/],
  ['http://localhost:80/x', /has no host/],
  ['https://:443/x', /over http/],
  ['tcp://:0', /0 is no port/],
  ['http://:65536/', /65536 is no port/],
  ['tcp://:80/x', /begins with/],
  ['exec: ["a", 1]', /list of words/],
  ['exec: []', /list of words/],
] as const)
  test(`"${text}" is refused as a probe, with examples`, () => {
    assert.throws(
      () => parseProbe(text),
      (error) => error instanceof Failure && why.test(error.message) && /tcp:\/\/:5432/.test(describeError(error)),
    )
  })
