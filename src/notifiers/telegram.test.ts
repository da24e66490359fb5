import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { messageOf, NEW, UPDATE } from '../../test/kit/message.ts'
import { failureOf, open, rendered, send, testNotifier } from '../../test/kit/notifier.ts'
import { type Answerer, startRecorder } from '../../test/kit/recorder.ts'
import telegram from './telegram.ts'

const TOKEN = '123456:s3cret-token'
const TEMPLATE = { templateBody: '{{ .Entry.Provider }} {{ .Entry.Status }}' }

testNotifier(telegram, {
  options: (url) => ({ apiURL: url, token: TOKEN, chatIDs: ['123:456'], ...TEMPLATE }),
  secrets: [TOKEN, 's3cret-token'],
  sends: {
    method: 'POST',
    path: `/bot${TOKEN}/sendMessage`,
    headers: { 'content-type': 'multipart/form-data; boundary=seaworthy-m1-channel' },
    body: form({
      chat_id: '123',
      text: 'file update',
      parse_mode: 'Markdown',
      link_preview_options: '{"is_disabled":true}',
      message_thread_id: '456',
    }),
  },
})

function form(fields: Record<string, string>): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--seaworthy-m1-channel\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )
  return `${parts.join('')}--seaworthy-m1-channel--\r\n`
}

function fieldOf(body: string, name: string): string | undefined {
  return new RegExp(`name="${name}"\r\n\r\n([^]*?)\r\n--`).exec(body)?.[1]
}

/** Chat and topic of each message that these chats get. */
async function targetsOf(options: object): Promise<(string | undefined)[][]> {
  await using receiver = await startRecorder()
  await send(telegram, { apiURL: receiver.url, token: TOKEN, ...TEMPLATE, ...options })
  return receiver.seen.map(({ body }) => ['chat_id', 'message_thread_id'].map((name) => fieldOf(body, name)))
}

for (const [chatIDs, expected] of [
  [
    [8547439, 1234567],
    [
      ['8547439', undefined],
      ['1234567', undefined],
    ],
  ],
  [['567891234:25'], [['567891234', '25']]],
  [
    ['-100891256734:25;12'],
    [
      ['-100891256734', '25'],
      ['-100891256734', '12'],
    ],
  ],
  [
    '1:0,2',
    [
      ['1', undefined],
      ['2', undefined],
    ],
  ],
] as const) {
  test(`chats ${JSON.stringify(chatIDs)} are told`, async () => {
    assert.deepEqual(await targetsOf({ chatIDs }), expected)
  })
}

for (const [chat, expected] of [
  ['invalid_format', /"invalid_format" is not a chat: the id must be a number/],
  ['', /the id must be a number/],
  ['567891234:invalid', /the topic "invalid" must be a number/],
  ['567891234:25:extra', /more than one colon/],
] as const) {
  test(`the chat "${chat}" is not accepted`, () => {
    const { error } = telegram.options.safeParse({ token: TOKEN, chatIDs: [chat] })
    assert.match(error?.issues[0]?.message ?? 'accepted', expected)
  })
}

test('chats in a file take the place of those in the config', async () => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'seaworthy-')), 'chats.json')
  const options = { chatIDs: ['1'], chatIDsFile: file }
  await writeFile(file, '["7", "8:9"]\n')
  assert.deepEqual(await targetsOf(options), [
    ['7', undefined],
    ['8', '9'],
  ])
  await writeFile(file, '[]')
  assert.deepEqual(await targetsOf(options), [['1', undefined]])
  await writeFile(file, '7')
  assert.match((await failureOf(targetsOf(options) as never)).message, /chatIDsFile does not hold a JSON list/)
})

test('some chat is needed', () => {
  assert.match(telegram.options.safeParse({ token: TOKEN }).error?.message ?? '', /set chatIDs or chatIDsFile/)
})

test('a chat that fails does not stop the others, which are not told twice', async () => {
  let isBusy = true
  const answer: Answerer = ({ body }) => ({ status: isBusy && fieldOf(body, 'chat_id') === '1' ? 500 : 200 })
  await using receiver = await startRecorder(answer)
  const options = { apiURL: receiver.url, token: TOKEN, chatIDs: ['1', '2'] }
  await using channel = open(telegram, options)
  const { signal } = new AbortController()
  await failureOf(channel.send(rendered(telegram, options), signal))
  isBusy = false
  await channel.send(rendered(telegram, options), signal)
  assert.deepEqual(
    receiver.seen.map(({ body }) => fieldOf(body, 'chat_id')),
    ['1', '2', '1'],
  )
})

test('a text that Telegram cannot format is sent as it is', async () => {
  const description = "Bad Request: can't parse entities: Can't find end of the entity"
  await using receiver = await startRecorder(({ body }) =>
    body.includes('parse_mode') ? { status: 400, body: JSON.stringify({ ok: false, description }) } : { status: 200 },
  )
  await send(telegram, { apiURL: receiver.url, token: TOKEN, chatIDs: ['1'], templateBody: 'a_b' })
  assert.equal(fieldOf(receiver.seen[1]!.body, 'text'), 'a_b')
})

test('how long to wait is read from the parameters of the answer', async () => {
  await using receiver = await startRecorder(() => ({ status: 429, body: '{"parameters": {"retry_after": 7}}' }))
  const error = await failureOf(send(telegram, { apiURL: receiver.url, token: TOKEN, chatIDs: ['1'] }))
  assert.equal(error.retryAfterMs, 7000)
})

for (const [name, entry, expected] of [
  [
    'a linked name',
    { ...UPDATE, image: NEW.image },
    'Docker tag [ghcr.io/some_one/my_app:latest](https://hub.docker.com/r/crazymax/diun) which you',
  ],
  ['a name without a link', NEW, 'Docker tag ghcr.io/some\\_one/my\\_app:latest which you'],
] as const) {
  test(`${name} is written so that Telegram takes it`, async () => {
    await using receiver = await startRecorder()
    const options = { apiURL: receiver.url, token: TOKEN, chatIDs: ['1'], disableNotification: true }
    await send(telegram, options, { message: messageOf(entry) })
    const { body } = receiver.seen[0]!
    assert.ok(fieldOf(body, 'text')!.startsWith(expected))
    assert.equal(fieldOf(body, 'disable_notification'), 'true')
  })
}
