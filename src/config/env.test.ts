import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText, readText } from './_fixtures.ts'

const FILE = [
  'providers: {docker: {endpoint: tcp://file}}',
  'regopts: [{name: of-the-file, selector: name}]',
  'notif:',
  '  mail: {host: file, to: a@file, templateBody: kept}',
  '  push: {endpoint: http://file, token: t, headers: {Authorization: old, X-Kept: yes}}',
].join('\n')

type Case = [what: string, env: Record<string, string>, path: string, value: unknown]

const MEANS: Case[] = [
  [
    'one key wins, the others stay',
    { DIUN_NOTIF_MAIL_HOST: 'env' },
    'channels.mail',
    { host: 'env', templateBody: 'kept' },
  ],
  ['lists are one text with commas', { DIUN_NOTIF_MAIL_TO: 'a@x, b@x' }, 'channels.mail', { to: ['a@x', 'b@x'] }],
  [
    'the second prefix wins',
    { DIUN_NOTIF_MAIL_HOST: 'a', SEAWORTHY_NOTIF_MAIL_HOST: 'b' },
    'channels.mail',
    { host: 'b' },
  ],
  [
    'an empty one of the second prefix does not',
    { DIUN_DB_PATH: 'a', SEAWORTHY_DB_PATH: '' },
    'config.db',
    { path: 'a' },
  ],
  ['an empty one changes nothing', { DIUN_NOTIF_MAIL_HOST: '' }, 'channels.mail', { host: 'file' }],
  ['values are taken as they are', { DIUN_DB_PATH: '$' + '{HOME}/"x"' }, 'config.db', { path: '$' + '{HOME}/"x"' }],
  [
    'headers are set whatever their capitals',
    { DIUN_NOTIF_PUSH_HEADERS_AUTHORIZATION: 'new', 'DIUN_NOTIF_PUSH_HEADERS_CONTENT-TYPE': 'text/plain' },
    'channels.push',
    { headers: { Authorization: 'new', 'X-Kept': 'yes', 'content-type': 'text/plain' } },
  ],
  [
    'underscores in the names of maps are dots',
    { DIUN_DEFAULTS_METADATA_A_B: 'c' },
    'config.defaults',
    { metadata: { 'a.b': 'c' } },
  ],
  [
    'durations and flags are read',
    { DIUN_WATCH_JITTER: '5m', DIUN_WATCH_RUNONSTARTUP: 'F' },
    'config.watch',
    { jitter: 300_000, runOnStartup: false },
  ],
  ['words may be apart', { SEAWORTHY_WATCH_FIRST_CHECK_NOTIF: '1' }, 'config.watch', { firstCheckNotif: true }],
  ['a schedule by hand', { SEAWORTHY_WATCH_SCHEDULE: 'manual' }, 'config.watch', { schedule: '' }],
  [
    'a second channel by its position',
    { DIUN_NOTIF_MAIL_1_TO: 'z@x' },
    'channels.mail-2',
    { to: ['z@x'], host: 'localhost' },
  ],
  [
    'switching on does not reset what the file says',
    { DIUN_PROVIDERS_DOCKER: 'true' },
    'providers.docker',
    { endpoint: 'tcp://file' },
  ],
  [
    'switching off drops only the variables',
    { DIUN_PROVIDERS_DOCKER: 'false', DIUN_PROVIDERS_DOCKER_WATCHBYDEFAULT: 'true' },
    'providers.docker',
    { endpoint: 'tcp://file', watchByDefault: false },
  ],
  [
    'a provider is switched on by any of its keys',
    { DIUN_PROVIDERS_FILE_FILENAME: 'f' },
    'providers.file',
    { filename: 'f' },
  ],
  [
    'DOCKER_HOST does not win over the file',
    { DOCKER_HOST: 'tcp://host' },
    'providers.docker',
    { endpoint: 'tcp://file' },
  ],
  [
    'plain names',
    { DB_PATH: '/d', PORT: '81', LOG_LEVEL: 'WARN', LOG_JSON: 'true' },
    'config',
    { db: { path: '/d' }, server: { host: '', port: 81 }, log: { level: 'warn', json: true, color: undefined } },
  ],
  ['a prefix wins over a plain name', { PORT: '81', SEAWORTHY_SERVER_PORT: '82' }, 'config.server', { port: 82 }],
  ['NO_COLOR', { NO_COLOR: '1' }, 'config.log', { color: false }],
  ['NO_COLOR loses against a key', { NO_COLOR: '1', SEAWORTHY_LOG_COLOR: 'true' }, 'config.log', { color: true }],
  ['TZ', { TZ: 'Asia/Tokyo' }, 'config.watch', { timezone: 'Asia/Tokyo' }],
  ['TZ loses against a key', { TZ: 'Asia/Tokyo', DIUN_WATCH_TIMEZONE: 'UTC' }, 'config.watch', { timezone: 'UTC' }],
]

for (const [what, env, path, value] of MEANS) {
  test(`variables: ${what}`, () => {
    const found = at(FILE, env, path)
    assert.deepEqual(Object.fromEntries(Object.keys(value as object).map((key) => [key, found[key]])), value)
  })
}

test('variables alone are a whole config', () => {
  const { providerSections, channels, source } = loadText(undefined, {
    env: { DIUN_PROVIDERS_DOCKER: 'true', DIUN_NOTIF_MAIL_TO: 'a@b', DOCKER_HOST: 'tcp://host', PATH: '/bin' },
  })
  assert.deepEqual(providerSections[0]!.options, { endpoint: 'tcp://host', watchByDefault: false })
  assert.equal(channels.length, 1)
  assert.deepEqual(source, { file: undefined, environment: ['DIUN_NOTIF_MAIL_TO', 'DIUN_PROVIDERS_DOCKER'] })
})

test('entries of regopts replace the list of the file, in the order of their names', () => {
  const env = {
    DIUN_REGOPTS_2_NAME: 'c',
    DIUN_REGOPTS_10_NAME: 'a',
    SEAWORTHY_REGOPTS_10_USERNAME: 'me',
    DIUN_REGOPTS_10_TIMEOUT: '30s',
    DIUN_REGOPTS_EMPTY_NAME: '',
    DIUN_REGOPTS_EMPTY_USERNAME: '',
  }
  const { config } = loadText(FILE, { env })
  assert.deepEqual(
    config.regopts.map(({ name, username, timeoutMs }) => [name, username?.reveal(), timeoutMs]),
    [
      ['a', 'me', 30_000],
      ['c', undefined, 0],
    ],
  )
})

test('entries of regopts that are all empty leave the list of the file alone', () => {
  const { config } = loadText(FILE, { env: { DIUN_REGOPTS_0_NAME: '', DIUN_REGOPTS_0_PASSWORD: '' } })
  assert.deepEqual(
    config.regopts.map(({ name }) => name),
    ['of-the-file'],
  )
})

test('a secret may come from a file by both spellings', () => {
  const variables = ['SEAWORTHY_NOTIF_PUSH_TOKENFILE', 'SEAWORTHY_NOTIF_PUSH_TOKEN_FILE', 'DIUN_NOTIF_PUSH_TOKENFILE']
  for (const name of variables) {
    const env = { [name]: '/run/token', DIUN_NOTIF_PUSH_ENDPOINT: 'http://p' }
    const { channels, notes } = loadText('providers: {docker: true}', { env, files: { '/run/token': 'x' } })
    assert.deepEqual([channels.length, notes], [1, []], name)
  }
})

test('the webhook secret comes from its own variables', () => {
  assert.equal(loadText(undefined, { env: { WEBHOOK_SECRET: 's' } }).config.server.webhookSecret?.reveal(), 's')
  const byFile = loadText(undefined, { env: { WEBHOOK_SECRET_FILE: '/s' }, files: { '/s': 's' } })
  assert.notEqual(byFile.config.server.webhookSecret, undefined)
})

const SAID: [what: string, env: Record<string, string>, lines: string[]][] = [
  [
    'an unknown key',
    { DIUN_NOTIF_MAIL_PROT: '1' },
    ['DIUN_NOTIF_MAIL_PROT: DIUN_NOTIF_MAIL_PROT is no setting: notif.mail has no such key. Did you mean port?'],
  ],
  [
    'an unknown section of ours',
    { SEAWORTHY_WACTH_WORKERS: '1' },
    [
      'SEAWORTHY_WACTH_WORKERS: note: SEAWORTHY_WACTH_WORKERS is no setting and is ignored. Did you mean SEAWORTHY_WATCH?',
    ],
  ],
  ['what is no section of Diun', { DIUN_VERSION: '4', DIUN_ENTRY_IMAGE: 'x', DIUN_DBX: '1' }, []],
  ['what is read elsewhere', { SEAWORTHY_VERSION: '1' }, []],
  ['a wrong value', { DIUN_WATCH_WORKERS: 'x' }, ['DIUN_WATCH_WORKERS: watch.workers: "x" is not a whole number.']],
  ['a plain name with a wrong value', { PORT: 'x' }, ['PORT: server.port: "x" is not a whole number.']],
  [
    'a bare duration',
    { DIUN_WATCH_JITTER: '10' },
    ['DIUN_WATCH_JITTER: note: watch.jitter: 10 without a unit is 10 nanoseconds. Write 10s for seconds.'],
  ],
  [
    'a member that is not here',
    { DIUN_NOTIF_AMQP_HOST: 'x' },
    ['DIUN_NOTIF_AMQP_HOST: note: notif.amqp is not available in this version and is left out.'],
  ],
  [
    'a map without a name',
    { DIUN_DEFAULTS_METADATA: 'x' },
    ['DIUN_DEFAULTS_METADATA: DIUN_DEFAULTS_METADATA is no setting: defaults.metadata has no such key.'],
  ],
  ['two underscores', { DIUN_WATCH__WORKERS: '3' }, []],
  ['a time zone that is a path', { TZ: ':/etc/localtime' }, ['TZ: note: TZ: ":/etc/localtime" is not a time zone.']],
  [
    'variables of Kubernetes',
    {
      DIUN_DB_SERVICE_HOST: '10.0.0.1',
      DIUN_DB_SERVICE_PORT_HTTP: '80',
      DIUN_DB_PORT: 'tcp://10.0.0.1:80',
      DIUN_DB_PORT_80_TCP_ADDR: '10.0.0.1',
      SEAWORTHY_SERVER_PORT: 'tcp://10.0.0.1:80',
      SEAWORTHY_PORT: 'tcp://10.0.0.1:80',
      SEAWORTHY_SERVICE_HOST: '10.0.0.1',
    },
    ['DIUN_DB_PORT: note: DIUN_DB_PORT and 6 more come from a Kubernetes Service and are no settings.'],
  ],
]

for (const [what, env, lines] of SAID) {
  test(`variables: ${what} is told as it is`, () => {
    assert.deepEqual(readText('providers: {docker: true}', { env }).lines, lines)
  })
}

test('an empty variable is not blamed for what the file says', () => {
  const yaml = 'providers: {docker: true}\nnotif: {mail: {to: a, port: x}}'
  const { lines } = readText(yaml, { env: { DIUN_NOTIF_MAIL_PORT: '' } })
  assert.deepEqual(lines, ['seaworthy.yml:2:23: notif.mail.port: "x" is not a whole number.'])
})

test('an empty variable names itself when it leaves a channel out', () => {
  const { lines } = readText('providers: {docker: true}\nnotif: {push: {endpoint: http://p}}', {
    env: { DIUN_NOTIF_PUSH_TOKEN: '' },
  })
  assert.equal(lines.length, 1)
  assert.match(lines[0]!, /notif\.push is left out: no value for token/)
})

function at(yaml: string, env: Record<string, string>, path: string): Record<string, unknown> {
  const { config, channels, providerSections } = loadText(yaml, { env })
  const [root, ...steps] = path.split('.')
  if (root === 'channels') return channels.find(({ name }) => name === steps[0])!.options as Record<string, unknown>
  if (root === 'providers') {
    return providerSections.find(({ provider }) => provider === steps[0])!.options as Record<string, unknown>
  }
  return steps.reduce<Record<string, unknown>>((value, step) => value[step] as Record<string, unknown>, { ...config })
}
