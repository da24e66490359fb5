import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import nodemailer from 'nodemailer'
import { startAlertmanager } from '../kit/parts/alertmanager.ts'
import { loadImage } from '../kit/parts/base-image.ts'
import { startChromium } from '../kit/parts/chromium.ts'
import { type DockerDaemon, startDockerDaemon } from '../kit/parts/docker-daemon.ts'
import { needs } from '../kit/parts/needs.ts'
import { freePort } from '../kit/parts/program.ts'
import { checkMetrics } from '../kit/parts/promtool.ts'
import { pushImage } from '../kit/parts/push-image.ts'
import { startRegistry } from '../kit/parts/registry.ts'
import { startSmtp } from '../kit/parts/smtp.ts'
import { until } from '../kit/parts/until.ts'

const MANIFESTS = [
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ')

describe('docker daemon', { skip: await needs('docker daemon', 'registry', 'compose') }, () => {
  let daemon: DockerDaemon
  before(async () => {
    daemon = await startDockerDaemon({ tls: true })
    await loadImage(daemon, 'app:1.0.0', { version: '1.0.0' })
  })
  after(() => daemon[Symbol.asyncDispose]())

  test('runs a container that answers on a published port', async () => {
    const port = await freePort()
    const id = (await daemon.docker('run', '-d', '-p', `127.0.0.1:${port}:8080`, 'app:1.0.0')).trim()
    const version = await until(() => get(`http://127.0.0.1:${port}/version`), { what: 'the container to answer' })
    assert.equal(version, '1.0.0\n')
    await daemon.docker('stop', id)
    const code = await daemon.docker('inspect', '--format', '{{.State.ExitCode}}', id)
    assert.equal(code.trim(), '0')
  })

  test('answers over TLS to whoever has a client certificate', async () => {
    const { host, port, certificates } = daemon.tcp!
    const files = [
      '--tlscacert',
      certificates.ca,
      '--tlscert',
      certificates.clientCert,
      '--tlskey',
      certificates.clientKey,
    ]
    const version = await daemon.docker('--host', `tcp://${host}:${port}`, '--tlsverify', ...files, 'version')
    assert.match(version, /Server/)
    await assert.rejects(
      daemon.docker('--host', `tcp://${host}:${port}`, '--tlsverify', '--tlscacert', certificates.ca, 'version'),
    )
  })

  test('pushes to a registry with a login and pulls from it', async () => {
    const login = { user: 'sailor', password: 'knots and $igns' }
    await using registry = await startRegistry({ login })
    const reference = `${registry.address}/team/app:1.0.0`
    await daemon.docker('tag', 'app:1.0.0', reference)
    await assert.rejects(daemon.docker('push', reference), /no basic auth credentials/)
    await daemon.docker('login', '--username', login.user, '--password', login.password, registry.address)
    await daemon.docker('push', reference)
    await daemon.docker('rmi', reference)
    await daemon.docker('pull', reference)
    const { status } = await registry.request('HEAD', '/v2/team/app/manifests/1.0.0')
    assert.equal(status, 200)
  })

  test('pulls and runs its own platform of an image that was pushed over HTTP', async () => {
    await using registry = await startRegistry()
    const options = { platforms: ['linux/arm64', 'linux/amd64'], attestations: true, runnable: true, version: '2.0.0' }
    const pushed = await pushImage(registry, 'team/app', '2', options)
    const reference = `${registry.address}/team/app:2`
    assert.equal((await daemon.docker('run', '--rm', reference, 'cat', '/www/version')).trim(), '2.0.0')
    const digests = await daemon.docker('image', 'inspect', '--format', '{{.RepoDigests}}', reference)
    assert.ok(digests.includes(pushed.digest))
  })

  test('Compose brings a project up, whose containers find each other by name, and down again', async () => {
    const file = path.join(daemon.folder, 'compose.yaml')
    const services = { web: { image: 'app:1.0.0' }, other: { image: 'app:1.0.0' } }
    await writeFile(file, JSON.stringify({ name: 'demo', services }))
    assert.match(await daemon.compose('version'), /version v?2\./)
    await daemon.compose('--file', file, 'up', '--detach')
    const ask = () => daemon.compose('--file', file, 'exec', '-T', 'other', 'wget', '-qO-', 'http://web:8080/version')
    assert.equal(await until(ask, { what: 'one container to reach the other' }), '1.0.0\n')
    await daemon.compose('--file', file, 'down')
    const left = await daemon.docker('ps', '--all', '--quiet', '--filter', 'label=com.docker.compose.project=demo')
    assert.equal(left, '')
  })
})

describe('registry', { skip: await needs('registry') }, () => {
  for (const [name, options, mediaType] of [
    ['one image', {}, 'application/vnd.oci.image.manifest.v1+json'],
    ["one image in Docker's format", { format: 'docker' }, 'application/vnd.docker.distribution.manifest.v2+json'],
    ['an index', { platforms: ['linux/amd64', 'linux/arm/v7'] }, 'application/vnd.oci.image.index.v1+json'],
    ['an index in an index', { shape: 'nested' }, 'application/vnd.oci.image.index.v1+json'],
    ['a signed schema 1', { shape: 'schema1' }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
  ] as const) {
    test(`keeps ${name} under the digest it was pushed with, over TLS`, async () => {
      await using registry = await startRegistry({ tls: true })
      const pushed = await pushImage(registry, 'app', '1', options)
      const answer = await registry.request('GET', '/v2/app/manifests/1', { headers: { accept: MANIFESTS } })
      assert.equal(answer.headers['content-type'], mediaType)
      assert.equal(answer.headers['docker-content-digest'], pushed.digest)
    })
  }
})

describe('smtp', { skip: await needs('smtp') }, () => {
  const login = { user: 'sailor', password: 'knots and $igns' }
  const mail = { from: 'Boat <boat@example.org>', to: 'me@example.org', subject: 'Schöne Grüße – 漢字' }

  test('takes a mail over STARTTLS after a login', async () => {
    await using server = await startSmtp({ login, onlyTls: true })
    const auth = { user: login.user, pass: login.password }
    const options = { host: server.host, port: server.port, requireTLS: true, tls: { ca: server.ca }, auth }
    await nodemailer.createTransport(options).sendMail({ ...mail, text: 'Ahoi – 1', html: '<p>Ahoi – 2</p>' })
    const [received] = await server.received(1)
    assert.equal(received!.subject, mail.subject)
    assert.equal(received!.text.trim(), 'Ahoi – 1')
    assert.equal(received!.html.trim(), '<p>Ahoi – 2</p>')
    assert.equal(received!.headers['return-path'], '<boat@example.org>')
    await assert.rejects(nodemailer.createTransport({ ...options, auth: { ...auth, pass: 'wrong' } }).verify())
  })

  test('takes a mail over implicit TLS, and refuses recipients for good and for now', async () => {
    await using server = await startSmtp()
    const secure = { host: server.host, port: server.tlsPort, secure: true, tls: { ca: server.ca } }
    const transport = nodemailer.createTransport(secure)
    await transport.sendMail({ ...mail, text: 'hello' })
    assert.equal((await server.received(1)).length, 1)
    await assert.rejects(transport.sendMail({ ...mail, to: 'refused@example.org' }), /550/)
    await assert.rejects(transport.sendMail({ ...mail, to: 'later@example.org' }), /451/)
  })
})

test('Chromium opens a page', { skip: await needs('chromium') }, async () => {
  await using chromium = await startChromium()
  const page = await chromium.page()
  await page.goto('data:text/html,<h1>Ahoy</h1>')
  assert.equal(await page.textContent('h1'), 'Ahoy')
})

test('promtool takes good metrics and complains about others', { skip: await needs('promtool') }, async () => {
  const metric = '# HELP seaworthy_checks_total Checks made.\n# TYPE seaworthy_checks_total counter\n'
  assert.equal(await checkMetrics(`${metric}seaworthy_checks_total 1\n`), '')
  assert.match(await checkMetrics('seaworthy_checks 1\nseaworthy_checks 2\n'), /\w/)
})

test('Alertmanager starts without alerts', { skip: await needs('alertmanager') }, async () => {
  await using alertmanager = await startAlertmanager()
  assert.deepEqual(await alertmanager.alerts(), [])
})

function get(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false }, (response) => {
      response.setEncoding('utf8')
      let body = ''
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve(body))
    })
    request.on('error', reject)
  })
}
