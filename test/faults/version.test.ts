import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FaultBench, type Stage, startFaultBench } from './_bench.ts'
import { assertServes, FORWARD, isGatePoll, once } from './_outcome.ts'

// The engine is another one than at the beginning of the update: what was agreed with it holds no more.

const AT: Record<string, (staged: Stage) => Parameters<typeof once>[1]> = {
  'before the new one is made': () => FORWARD['F03 create']!,
  'between stop and start': () => FORWARD['F09 start']!,
  'in the gate': isGatePoll,
}

describe('an engine of another version', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  before(async () => {
    bench = await startFaultBench()
  })
  after(() => bench[Symbol.asyncDispose]())

  let count = 0
  for (const [when, at] of Object.entries(AT)) {
    test(`F23 from ${when} on it speaks an older version only: it is agreed anew, and somebody serves`, async () => {
      await using staged = await bench.stage(`older${count++}`)
      once(staged, at(staged), { before: async () => speakOnly(staged, '1.40') })
      await staged.update()
      await assertServes(staged, await staged.reconcile())
    })

    test(`F23 the program is killed ${when} and begins again with another version: somebody serves`, async () => {
      await using staged = await bench.stage(`fixed${count++}`)
      once(staged, at(staged), {
        before: async () => {
          staged.kill()
          return 'reset'
        },
      })
      assert.equal((await staged.update()).code, null, 'it was killed')
      const file = path.join(staged.seaworthy.folder, 'seaworthy.yml')
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace('watchByDefault: true', 'watchByDefault: true, apiVersion: "1.38"'))
      staged.proxy.seen.length = 0
      await assertServes(staged, await staged.reconcile())
      assert.deepEqual([...new Set(staged.proxy.seen.map(({ version }) => version))], ['1.38'])
    })
  }
})

describe('an engine that is upgraded', { skip: await needs('engine 1.41', 'engine 1.45', 'registry') }, () => {
  for (const [when, at] of Object.entries(AT)) {
    test(`F23 it is upgraded from 20.10 to 26.1 ${when}, and then the program begins again: somebody serves`, async () => {
      await using bench = await startFaultBench({ engine: '1.41' })
      await using staged = await bench.stage('upgraded')
      once(staged, at(staged), {
        before: async () => {
          staged.kill()
          return 'reset'
        },
      })
      assert.equal((await staged.update()).code, null, 'it was killed')
      await bench.daemon.stop()
      await bench.daemon.start('1.45')
      await assertServes(staged, await staged.reconcile())
    })
  }
})

/** From now on the engine is one whose newest version is this. The call that is under way passes. */
function speakOnly(staged: Stage, version: string): void {
  const message = `client version 1.41 is too new. Maximum supported API version is ${version}`
  const headers = { 'api-version': version, 'content-type': 'text/plain' }
  staged.proxy.rules = [
    { fits: ({ path }) => path.startsWith('/_ping'), before: async () => ({ status: 200, body: 'OK', headers }) },
    {
      fits: (call) => call.version === '1.41',
      before: async () => ({ status: 400, body: JSON.stringify({ message }) }),
    },
  ]
}
