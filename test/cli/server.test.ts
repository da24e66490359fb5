import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { askServer } from '../../src/commands/_control.ts'
import { startDockerDouble } from '../kit/docker-double.ts'
import { freePort } from '../kit/parts/program.ts'
import { until } from '../kit/parts/until.ts'
import { startRecorder } from '../kit/recorder.ts'
import { startRegistryDouble } from '../kit/registry-double.ts'
import { type Seaworthy, seaworthyWith } from '../kit/seaworthy.ts'

// The server as it is started, asked and stopped, in good times and in bad ones.

const MAIN = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const PLAIN = 'server: { port: PORT, host: 127.0.0.1 }\nwatch: { schedule: "", jitter: 0s }\n'

async function listing(...images: string[]): Promise<Seaworthy> {
  const seaworthy = await seaworthyWith(`${PLAIN}providers: { file: { filename: images.yml } }\n`)
  await writeFile(path.join(seaworthy.folder, 'images.yml'), images.map((name) => `- name: ${name}\n`).join(''))
  return seaworthy
}

describe('serve', () => {
  test('with a port that is taken ends with 3, names it, and leaves nothing running', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    const other = createServer().listen(Number(new URL(seaworthy.url).port), '127.0.0.1')
    await once(other, 'listening')
    const { code, err } = await seaworthy.run(['serve'])
    other.close()
    assert.equal(code, 3)
    assert.match(err, /^error: port \d+: The port is in use already\. Stop the other program/m)
  })

  test('comes up without Docker, says so, and sees the containers as soon as there is one', async () => {
    await using docker = await startDockerDouble()
    await using registry = await startRegistryDouble()
    const pushed = registry.push('app', 'latest', {})
    await docker.stop()
    await using seaworthy = await seaworthyWith(
      `${PLAIN}providers: { docker: { endpoint: "${docker.endpoint}", watchByDefault: true } }\n`,
    )
    await using server = await seaworthy.serve()
    await until(() => /could not be listed.*There is no Docker/.test(server.log()), { what: 'the log to say so' })
    const image = `${registry.host}/app:latest`
    docker.containers = [{ Id: 'c1', Names: ['/web'], Image: image, ImageID: 'sha256:1' }]
    docker.images = {
      'sha256:1': {
        Id: 'sha256:1',
        RepoTags: [image],
        RepoDigests: [`${registry.host}/app@${pushed.digest}`],
        Os: 'linux',
        Architecture: 'amd64',
      },
    }
    await docker.start()
    await until(() => registry.counts.head > 0, { what: 'the image to be asked about' })
    await until(() => /Check finished cause=change/.test(server.log()), { what: 'the newcomer to be checked' })
    assert.equal(await server.stop(), 0)
  })

  test('stays up by hand only, answers check and healthcheck, and a second server is refused', async () => {
    await using registry = await startRegistryDouble()
    registry.push('app', '1', {})
    await using seaworthy = await listing(`${registry.host}/app:1`)
    await using server = await seaworthy.serve()
    const [checked, health, second, wrong] = [
      await seaworthy.run(['check', '--json']),
      await seaworthy.run(['healthcheck']),
      await seaworthy.run(['serve']),
      await seaworthy.run(['check', '--image', 'owner/UPPER']),
    ]
    const findings = JSON.parse(checked.out) as { image: string }[]
    assert.deepEqual([checked.code, findings.map(({ image }) => image)], [0, [`${registry.host}/app:1`]])
    assert.deepEqual([health.code, second.code, wrong.code], [0, 3, 2])
    assert.equal(await server.stop(), 0)
  })

  test('stopped in the middle of a check it ends with 0 at once, and takes the silence for no answer', async () => {
    await using silent = await startRecorder(() => 'hang')
    await using seaworthy = await listing(`${new URL(silent.url).host}/app:1`)
    await using server = await seaworthy.serve()
    await silent.requests(1)
    const socketPath = path.join(seaworthy.folder, 'diun.db.sock')
    const question = { method: 'POST', path: '/api/v1/checks?wait=true', signal: new AbortController().signal } as const
    const [asked, code] = await Promise.allSettled([askServer(socketPath, question), server.stop()])
    assert.deepEqual([asked.status, code], ['rejected', { status: 'fulfilled', value: 0 }])
    assert.doesNotMatch(server.log(), /ERR|failed=/)
    using database = new DatabaseSync(path.join(seaworthy.folder, 'diun.db'), { readOnly: true })
    assert.deepEqual(database.prepare('select status from image_state').all(), [])
  })

  test('puts the metrics on their own port and path, beside those of the dashboard', async () => {
    const port = await freePort()
    await using seaworthy = await seaworthyWith(
      `${PLAIN}metrics: { enabled: true, addr: "127.0.0.1:${port}", path: /numbers }\n`,
    )
    await using _server = await seaworthy.serve()
    const own = await fetch(`http://127.0.0.1:${port}/numbers`)
    assert.match(await own.text(), /seaworthy_build_info/)
    const textOf = async (url: string): Promise<string> => await (await fetch(url)).text()
    assert.match(await textOf(`${seaworthy.url}/metrics`), /seaworthy_build_info/)
    assert.doesNotMatch(await textOf(`${seaworthy.url}/numbers`), /seaworthy_build_info/)
    assert.equal((await fetch(`http://127.0.0.1:${port}/api/v1/status`)).status, 404)
  })

  test('tells a Healthchecks server of a check', async () => {
    await using pings = await startRecorder()
    await using seaworthy = await seaworthyWith(
      `${PLAIN.replace('schedule: ""', `schedule: "", healthchecks: { baseURL: "${pings.url}", uuid: abc }`)}providers: { file: { filename: images.yml } }\n`,
    )
    await writeFile(path.join(seaworthy.folder, 'images.yml'), '[]\n')
    await seaworthy.run(['check'])
    assert.deepEqual(
      pings.seen.map(({ path }) => path),
      ['/abc/start', '/abc'],
    )
  })
})

describe('a server that does not answer', () => {
  test('is not healthy, and healthcheck does not wait for it for ever', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    const silent = createServer().listen(Number(new URL(seaworthy.url).port), '127.0.0.1')
    await once(silent, 'listening')
    assert.equal((await seaworthy.run(['healthcheck'])).code, 1)
    silent.close()
  })

  test('does not keep a command that is interrupted', async () => {
    await using seaworthy = await seaworthyWith(PLAIN)
    const silent = createServer().listen(path.join(seaworthy.folder, 'diun.db.sock'))
    const asked = once(silent, 'connection')
    const child = spawn(process.execPath, [MAIN, 'check'], { cwd: seaworthy.folder, env: {}, stdio: 'ignore' })
    const gone = once(child, 'close')
    await asked
    child.kill('SIGINT')
    assert.deepEqual(await gone, [1, null])
    silent.close()
  })
})
