import assert from 'node:assert/strict'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { type RegistryDouble, startRegistryDouble } from '../kit/registry-double.ts'
import { type Seaworthy, seaworthyWith } from '../kit/seaworthy.ts'

// The commands as people and scripts call them: exit codes, what goes to which stream, and the shape of what --json prints.

const PLAIN = 'server: { port: PORT, host: 127.0.0.1 }\n'

describe('commands without a server', { concurrency: 2 }, () => {
  let registry: RegistryDouble
  let seaworthy: Seaworthy
  let digest: string
  const parts = new AsyncDisposableStack()

  before(async () => {
    registry = parts.use(await startRegistryDouble())
    digest = registry.push('app', '1.0.0', {}).digest
    registry.push('app', '1.1.0', { labels: { next: 'yes' } })
    seaworthy = parts.use(await seaworthyWith(`${PLAIN}providers: { file: { filename: images.yml } }\n`))
    const images = [`${registry.host}/app:1.0.0`, `${registry.host}/gone:1`]
    await writeFile(path.join(seaworthy.folder, 'images.yml'), images.map((name) => `- name: ${name}\n`).join(''))
  })
  after(() => parts.disposeAsync())

  test('check --json prints an object an image, with the same keys in each, and ends with 1 when one failed', async () => {
    const { code, out } = await seaworthy.run(['check', '--json'])
    const [app, gone] = JSON.parse(out) as Record<string, unknown>[]
    assert.deepEqual(
      { ...app, reason: typeof app!.reason, workloads: (app!.workloads as object[]).length },
      {
        image: `${registry.host}/app:1.0.0`,
        platform: app!.platform,
        status: 'update',
        current: { tag: '1.0.0', digest: null },
        found: { tag: '1.1.0', digest, tagDigest: (app!.found as { tagDigest: string }).tagDigest },
        level: 'minor',
        reason: 'string',
        error: null,
        staleSince: null,
        workloads: 1,
      },
    )
    assert.deepEqual(Object.keys(gone!), Object.keys(app!))
    assert.deepEqual([code, gone!.status, (gone!.error as string).includes('404')], [1, 'failed', true])
    const listed = JSON.parse((await seaworthy.run(['images', '--json'])).out) as { image: string; status: string }[]
    assert.deepEqual(listed.map(({ status }) => status).sort(), ['failed', 'update'])
  })

  test('check --image asks about that image only', async () => {
    const { code, out } = await seaworthy.run(['check', '--image', `${registry.host}/app:1.1.0`, '--json'])
    const findings = JSON.parse(out) as { image: string; status: string }[]
    assert.deepEqual([code, findings.map(({ image }) => image)], [0, [`${registry.host}/app:1.1.0`]])
  })

  test('a table is plain text where nobody looks', async () => {
    await using other = await seaworthyWith(PLAIN.concat('providers: { file: { filename: images.yml } }\n'), {
      NO_COLOR: '',
    })
    await writeFile(path.join(other.folder, 'images.yml'), `- name: ${registry.host}/app:1.0.0\n`)
    const { code, out, err } = await other.run(['check'])
    assert.equal(code, 0, err)
    assert.match(out, /^IMAGE +STATUS +FOUND +WORKLOADS +REASON\n\S+\/app:1\.0\.0 +update +1\.1\.0 \(minor\) /)
    assert.ok(!out.includes('\u001b') && !err.includes('\u001b'))
  })

  for (const [what, args, input, expected] of [
    ['the newest of the family', ['--image', 'nginx', '--current', '1.0'], '1.0\n1.1\n2.0\n2.0-alpine\n', '2.0'],
    ['none beyond the level', ['--image', 'nginx', '--current', '1.0', '--policy', 'minor'], '1.0\n1.1\n2.0\n', '1.1'],
    ['none that is left out', ['--image', 'nginx', '--current', '1.0', '--exclude', '^2'], '1.0\n2.0\n', null],
  ] as const) {
    test(`tags chooses ${what}, and says of every tag why`, async () => {
      const { code, out } = await seaworthy.run(['tags', ...args, '--json'], input)
      const { chosen, verdicts } = JSON.parse(out) as {
        chosen: string | null
        verdicts: { tag: string; reason: string }[]
      }
      assert.deepEqual([code, chosen], [0, expected])
      assert.deepEqual(verdicts.map(({ tag }) => tag).sort(), input.trim().split('\n').sort())
      assert.ok(verdicts.every(({ reason }) => reason.length > 5))
    })
  }

  for (const [what, args, text] of [
    ['a bad regular expression', ['tags', '--image', 'a', '--current', '1', '--include', '('], /--include: .*"\("/],
    ['an unknown policy', ['tags', '--image', 'a', '--current', '1', '--policy', 'all'], /--policy: "all".*Use one of/],
    ['a missing option', ['tags', '--image', 'a'], /--current/],
    ['an unknown command', ['chekc'], /check/],
    ['an image that is none', ['check', '--image', 'owner/UPPER'], /not an image reference/],
    ['a configuration that is not there', ['images', '--config', 'nowhere.yml'], /nowhere\.yml/],
  ] as const) {
    test(`${what} ends with 2 and says what is wrong, without a stack`, async () => {
      const { code, err, out } = await seaworthy.run(args)
      assert.deepEqual([code, out], [2, ''])
      assert.match(err, text)
      assert.doesNotMatch(err, /\n\s+at /)
    })
  }

  test('a reader that goes away early is no error', async () => {
    const { code } = await seaworthy.run(['version'])
    assert.equal(code, 0)
    assert.deepEqual(Object.keys(JSON.parse((await seaworthy.run(['version', '--json'])).out) as object), [
      'version',
      'node',
    ])
  })

  test('healthcheck ends with 1 when no server runs', async () => {
    const { code, out } = await seaworthy.run(['healthcheck', '--json'])
    assert.deepEqual([code, JSON.parse(out)], [1, { healthy: false }])
  })
})

describe('a configuration with faults', () => {
  test('config check names each with its place and ends with 2; other commands refuse it', async () => {
    await using seaworthy = await seaworthyWith('watch: { schedul: "* * * * *" }\nserver: { port: many }\n')
    const checked = await seaworthy.run(['config', 'check', '--json'])
    const problems = JSON.parse(checked.out) as { severity: string; path: string; line: number }[]
    assert.deepEqual(
      [checked.code, problems.map(({ path, line }) => `${line} ${path}`)],
      [2, ['1 watch.schedul', '2 server.port', 'undefined providers']],
    )
    const refused = await seaworthy.run(['images'])
    assert.equal(refused.code, 2)
    assert.match(refused.err, /watch\.schedul/)
  })

  test('config check ends with 0 when there is nothing wrong', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    const { code, out } = await seaworthy.run(['config', 'check'])
    assert.equal(code, 0)
    assert.match(out, /\nThe configuration is good, with 1 note\.\n$/)
  })
})

describe('the database', () => {
  test('db backup copies it to a file, or beside it', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    await seaworthy.run(['images'])
    const given = await seaworthy.run(['db', 'backup', 'copy.db', '--json'])
    assert.deepEqual([given.code, JSON.parse(given.out)], [0, { database: 'diun.db', backup: 'copy.db' }])
    using copy = new DatabaseSync(path.join(seaworthy.folder, 'copy.db'), { readOnly: true })
    assert.equal(copy.prepare("select count(*) as n from sqlite_master where name = 'image_state'").get()!.n, 1)
    assert.equal((await seaworthy.run(['db', 'backup'])).code, 0)
    assert.equal((await readdir(seaworthy.folder)).filter((name) => name.startsWith('diun.db.backup-')).length, 1)
  })

  test('db backup of a database that is not there ends with 2', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    const { code, err } = await seaworthy.run(['db', 'backup'])
    assert.equal(code, 2, err)
    assert.match(err, /no database to back up/)
  })

  for (const [what, config, spoil] of [
    ['that is damaged', PLAIN, (folder: string) => writeFile(path.join(folder, 'diun.db'), 'hello '.repeat(100))],
    [
      'in a folder that cannot be had',
      `${PLAIN}db: { path: seaworthy.yml/diun.db }\n`,
      (folder: string) => chmod(folder, 0o755),
    ],
  ] as const) {
    test(`a database ${what} ends with 3 and a way out, for every command`, async () => {
      await using seaworthy = await seaworthyWith(config)
      await spoil(seaworthy.folder)
      for (const args of [['images'], ['serve']]) {
        const { code, err } = await seaworthy.run(args)
        assert.equal(code, 3, err)
        assert.match(err, /^error: .*diun\.db: The database .+\. .+\.$/m)
      }
    })
  }
})
