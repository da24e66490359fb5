import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { messageOf, RUNNING, UPDATE } from '../../test/kit/message.ts'
import { assertHides, failureOf, open, rendered, send, testMember } from '../../test/kit/notifier.ts'
import { parseMail } from '../../test/kit/parts/mail.ts'
import mail from './mail.ts'

const ADDRESSES = { from: 'seaworthy@example.com', to: ['ops@example.com', 'dev@example.com'] }
const PASSWORD = 's3cret-password'

testMember(mail, ADDRESSES)

/** What a server says to a command, by the whole line or its first word; `hang` says nothing, `drop` closes the connection. */
type Script = Readonly<Record<string, string>>

const USUAL: Script = {
  EHLO: '250-server\r\n250 AUTH PLAIN',
  MAIL: '250 ok',
  RCPT: '250 ok',
  DATA: '354 go',
  QUIT: '221 bye',
}

/** A mail server that answers by a script and keeps what it was told. */
async function startServer(script: Script = {}) {
  const lines: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    let inData = false
    const reply = (answer: string) => (answer === 'drop' ? socket.destroy() : socket.write(`${answer}\r\n`))
    const answerTo = (line: string) => {
      lines.push(line)
      if (inData && line !== '.') return
      const word = inData ? '.' : line.split(' ')[0]!
      const answer = script[line] ?? script[word] ?? USUAL[word] ?? '250 ok'
      inData = word === 'DATA' && answer.startsWith('354')
      if (answer !== 'hang') reply(answer)
    }
    let rest = ''
    socket.on('data', (data) => {
      const pieces = (rest + data.toString('latin1')).split('\r\n')
      rest = pieces.pop()!
      for (const line of pieces) answerTo(line)
    })
    reply(script.greeting ?? '220 server ESMTP')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    options: { ...ADDRESSES, host: '127.0.0.1', port: (server.address() as AddressInfo).port, localName: 'me.example' },
    lines,
    server,
    mail: () => parseMail(lines.slice(lines.indexOf('DATA') + 1, lines.indexOf('.')).join('\r\n')),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('a mail has a subject, both parts, all receivers in one header and the id of its delivery', async () => {
  await using server = await startServer()
  await send(mail, server.options)
  const { from, to, subject, text, html, headers } = server.mail()
  assert.equal(from, 'Seaworthy <seaworthy@example.com>')
  assert.equal(to, 'ops@example.com, dev@example.com')
  assert.equal(subject, 'docker.io/crazymax/diun:1.2.3 has been updated')
  assert.match(headers['content-type']!, /^multipart\/alternative/)
  assert.equal(headers['message-id'], '<m1-channel@example.com>')
  assert.match(
    text,
    /^Docker tag docker\.io\/crazymax\/diun:1\.2\.3 \(https:\/\/hub\.docker\.com\/r\/crazymax\/diun\) which/,
  )
  assert.match(html, /<strong>docker\.io\/crazymax\/diun:1\.2\.3<\/strong>/)
  assert.match(html, /Seaworthy 4\.0\.0/)
})

test('nothing is asked of the server but what a mail needs', async () => {
  await using server = await startServer()
  await send(mail, server.options)
  const words = server.lines.slice(0, server.lines.indexOf('DATA') + 1).map((line) => line.split(/[ :]/)[0])
  assert.deepEqual(words, ['EHLO', 'MAIL', 'RCPT', 'RCPT', 'DATA'])
  assert.equal(server.lines[0], 'EHLO me.example')
})

test('a login is made only when there is a name', async () => {
  await using server = await startServer({ AUTH: '235 welcome' })
  await send(mail, { ...server.options, username: 'me', password: PASSWORD })
  const login = server.lines.find((line) => line.startsWith('AUTH'))
  assert.equal(login, `AUTH PLAIN ${btoa(`\0me\0${PASSWORD}`)}`)
})

test('a title with line breaks adds no header', async () => {
  await using server = await startServer()
  await send(mail, { ...server.options, templateTitle: '{{ "a\\r\\nBcc: x@example.com\\n\\nb" }}' })
  const { subject, headers } = server.mail()
  assert.equal(subject, 'a Bcc: x@example.com b')
  assert.equal(headers.bcc, undefined)
})

test('a body that is an HTML document is sent as it is, with its text beside', async () => {
  await using server = await startServer()
  const templateBody =
    '<!DOCTYPE html>\n<html><head><style>p { color: red }</style></head><body><p>docker pull {{ .Entry.Image }}</p></body></html>'
  await send(mail, { ...server.options, templateBody })
  const { html, text } = server.mail()
  assert.equal(html.trim(), templateBody.replace('{{ .Entry.Image }}', 'docker.io/crazymax/diun:1.2.3'))
  assert.equal(text.trim(), 'docker pull docker.io/crazymax/diun:1.2.3')
})

test('several images are told of in one mail', async () => {
  await using server = await startServer()
  await send(mail, server.options, { message: messageOf(UPDATE, RUNNING) })
  assert.equal(server.mail().subject, '2 images have updates')
  assert.match(server.mail().text, /- docker.*\n\n?- docker/)
})

test('a connection that breaks after the mail was taken is a success', async () => {
  await using server = await startServer({ QUIT: 'drop' })
  await send(mail, server.options)
})

for (const [what, script, expected, transient] of [
  ['a receiver that is turned down', { RCPT: '550 no such user' }, /answered 550 no such user/, false],
  ['a receiver that is turned down for now', { RCPT: '451 greylisted' }, /answered 451 greylisted/, true],
  ['a mail that is turned down', { '.': '554 spam' }, /answered 554 spam/, false],
  ['a mail that is turned down for now', { '.': '452 disk full' }, /answered 452 disk full/, true],
  ['a server that turns us away', { greeting: '421 too busy' }, /answered 421 too busy/, true],
  ['a connection that breaks', { MAIL: 'drop' }, /cannot send the mail/, true],
  [
    'a login that is turned down with its password',
    { AUTH: `535 wrong: ${PASSWORD} ${btoa(PASSWORD)}` },
    /answered 535 wrong: \*\*\*/,
    false,
  ],
] as const) {
  test(`${what} ${transient ? 'is worth another try' : 'is given up'}`, async () => {
    await using server = await startServer(script as Script)
    const error = await failureOf(send(mail, { ...server.options, username: 'someone', password: PASSWORD }))
    assert.match(error.message, expected)
    assert.equal(error.transient, transient)
    assertHides(error, [PASSWORD, btoa(PASSWORD), btoa(`\0someone\0${PASSWORD}`)])
  })
}

test('one receiver that is turned down does not cost the others their mail', async () => {
  await using server = await startServer({ 'RCPT TO:<dev@example.com>': '550 no such user' })
  const warnings: object[] = []
  const log = { error() {}, warn: (fields: object) => warnings.push(fields), info() {}, debug() {}, child: () => log }
  await send(mail, server.options, { parts: { log } })
  assert.equal(server.mail().to, 'ops@example.com, dev@example.com')
  assert.deepEqual(warnings, [{ to: ['dev@example.com'] }])
})

test('a server that is not there is worth another try', async () => {
  const gone = await startServer()
  await gone[Symbol.asyncDispose]()
  const error = await failureOf(send(mail, gone.options))
  assert.match(error.message, /cannot send the mail/)
  assert.equal(error.transient, true)
})

test('a mail stops when it is asked to', async () => {
  await using server = await startServer({ MAIL: 'hang' })
  const stop = new AbortController()
  await using channel = open(mail, server.options)
  const sending = channel.send(rendered(mail, server.options), stop.signal)
  const [socket] = (await once(server.server, 'connection')) as [Socket]
  while (!server.lines.some((line) => line.startsWith('MAIL'))) await once(socket, 'data')
  stop.abort()
  await assert.rejects(sending, { name: 'AbortError' })
  if (!socket.closed) await once(socket, 'close')
})

for (const [options, expected] of [
  [{ from: 'nobody', to: 'a@example.com' }, /must be a mail address/],
  [{ from: 'a@example.com', to: '' }, /must name someone/],
  [{ ...ADDRESSES, port: 0 }, /must be 1 or more/],
] as const) {
  test(`${JSON.stringify(options)} is not accepted`, () => {
    assert.match(mail.options.safeParse(options).error?.issues[0]?.message ?? 'accepted', expected)
  })
}
