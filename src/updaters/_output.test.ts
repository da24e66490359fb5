import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frame, pieces } from '../../test/kit/scripted-docker.ts'
import { readOutput } from './_output.ts'

const MOST = 100
const TEXT = Buffer.concat([frame('one\n'), frame('', 2), frame('two ü\n', 2), frame('three')])

test('frames come apart wherever the bytes are cut', async () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const parts = Array.from({ length: Math.ceil(TEXT.length / size) }, (_, i) =>
      TEXT.subarray(i * size, (i + 1) * size),
    )
    assert.equal(await readOutput(pieces(...parts), { tty: false, most: MOST }), 'one\ntwo ü\nthree')
  }
})

test('with a terminal the bytes are the text; colours go, what commands a terminal is made visible', async () => {
  const text = '\u001b[31mred\u001b[0m\r\nbell\u0007\n'
  assert.equal(await readOutput(pieces(text), { tty: true, most: MOST }), 'red\nbell\\u0007')
})

test('of much only the end is kept', async () => {
  const parts = Array.from({ length: 50 }, (_, i) => frame(`line ${i}\n`))
  assert.equal(await readOutput(pieces(...parts), { tty: false, most: 16 }), 'line 48\nline 49')
})
