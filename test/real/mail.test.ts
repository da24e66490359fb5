import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import mail from '../../src/notifiers/mail.ts'
import { failureOf, send } from '../kit/notifier.ts'
import { needs } from '../kit/parts/needs.ts'
import { type SmtpServer, startSmtp } from '../kit/parts/smtp.ts'

const LOGIN = { user: 'seaworthy', password: 's3cret-password' }

async function optionsFor(server: SmtpServer, more: object = {}) {
  const authority = path.join(await mkdtemp(path.join(tmpdir(), 'seaworthy-')), 'ca.pem')
  await writeFile(authority, server.ca)
  return {
    host: 'localhost',
    port: server.port,
    from: 'seaworthy@example.com',
    to: ['ops@example.com', 'dev@example.com'],
    tlsCaCertFiles: [authority],
    ...more,
  }
}

/** The header in which the server says how the mail came in. */
function arrival(headers: Readonly<Record<string, string>>): string {
  return headers.received ?? ''
}

describe('mail to a real server', { skip: await needs('smtp') }, () => {
  test('is encrypted when the server offers STARTTLS', async () => {
    await using server = await startSmtp()
    await send(mail, await optionsFor(server))
    const [received] = await server.received(1)
    assert.equal(received!.subject, 'docker.io/crazymax/diun:1.2.3 has been updated')
    assert.equal(received!.to, 'ops@example.com, dev@example.com')
    assert.match(received!.text, /^Docker tag docker\.io\/crazymax\/diun:1\.2\.3/)
    assert.match(received!.html, /<strong>docker\.io\/crazymax\/diun:1\.2\.3<\/strong>/)
    assert.equal(received!.headers['message-id'], '<m1-channel@example.com>')
    assert.match(arrival(received!.headers), /with esmtps/)
  })

  test('is sent over TLS from the first byte', async () => {
    await using server = await startSmtp({ onlyTls: true })
    await send(mail, await optionsFor(server, { ssl: true, port: server.tlsPort }))
    const [received] = await server.received(1)
    assert.match(arrival(received!.headers), /with esmtps/)
  })

  test('is not sent to a server whose certificate nobody vouches for, unless that is allowed', async () => {
    await using server = await startSmtp()
    const options = await optionsFor(server, { tlsCaCertFiles: [] })
    assert.match((await failureOf(send(mail, options))).message, /certificate/)
    await send(mail, { ...options, insecureSkipVerify: true })
    await server.received(1)
  })

  test('is taken after a login', async () => {
    await using server = await startSmtp({ login: LOGIN })
    await send(mail, await optionsFor(server, { username: LOGIN.user, password: LOGIN.password }))
    const [received] = await server.received(1)
    assert.match(arrival(received!.headers), /with esmtpsa/)
  })

  test('is given up after a wrong password, which the error does not show', async () => {
    await using server = await startSmtp({ login: LOGIN })
    const options = await optionsFor(server, { username: LOGIN.user, password: 'wr0ng-password' })
    const error = await failureOf(send(mail, options))
    assert.match(error.message, /answered 535/)
    assert.doesNotMatch(error.message, /wr0ng/)
    assert.equal(error.transient, false)
  })

  for (const [receiver, transient] of [
    ['refused@example.com', false],
    ['later@example.com', true],
  ] as const) {
    test(`to ${receiver} ${transient ? 'is worth another try' : 'is given up'}`, async () => {
      await using server = await startSmtp()
      const error = await failureOf(send(mail, await optionsFor(server, { to: receiver })))
      assert.equal(error.transient, transient, error.message)
    })
  }

  test('may be an HTML document of the user', async () => {
    await using server = await startSmtp()
    const templateBody = '<!DOCTYPE html>\n<html><style>b { color: red }</style><b>→ {{ .Meta.Tag }}</b></html>'
    await send(mail, await optionsFor(server, { templateBody, templateTitle: '⚓ {{ .Entry.Image.Path }}' }))
    const [received] = await server.received(1)
    assert.equal(received!.subject, '⚓ crazymax/diun')
    assert.equal(received!.html.trim(), templateBody.replace('{{ .Meta.Tag }}', '1.2.3'))
    assert.equal(received!.text.trim(), '→ 1.2.3')
  })
})
