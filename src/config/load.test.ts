// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in config files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { FAMILIES, loadText, readFrom } from './_fixtures.ts'
import { loadConfig } from './load.ts'

test('without a file and without variables the local Docker is watched', () => {
  const { config, channels, providerSections, source, notes } = loadText(undefined)
  assert.deepEqual(providerSections, [
    {
      provider: 'docker',
      options: { endpoint: 'unix:///var/run/docker.sock', watchByDefault: true },
      path: 'providers.docker',
    },
  ])
  assert.deepEqual(
    { channels, source, notes },
    { channels: [], source: { file: undefined, environment: [] }, notes: [] },
  )
  assert.deepEqual(config.watch, {
    workers: 10,
    schedule: '0 */6 * * *',
    jitter: 30_000,
    firstCheckNotif: false,
    runOnStartup: true,
    compareDigest: true,
  })
  assert.deepEqual(config.metrics, { enabled: false, addr: ':9090', path: '/metrics' })
  assert.deepEqual(config.server, { host: '', port: 8080 })
  assert.deepEqual(config.messages, { summary: false, outcomes: true, retries: 10 })
  assert.equal(config.db.path, 'diun.db')
})

const VALUES: [yaml: string, path: string, value: unknown][] = [
  ['db: {path: /data/x.db}', 'config.db.path', '/data/x.db'],
  ['DB: {Path: /data/x.db}', 'config.db.path', '/data/x.db'],
  ['watch: {FIRSTCHECKNOTIF: t}', 'config.watch.firstCheckNotif', true],
  ['watch: {jitter: 1h30m}', 'config.watch.jitter', 5_400_000],
  ['watch: {workers: "20"}', 'config.watch.workers', 20],
  ['watch: {workers: null}', 'config.watch.workers', 10],
  ['watch: {workers: "${NOT_SET}"}', 'config.watch.workers', 10],
  ['watch: {workers: "${NOT_SET:-7}"}', 'config.watch.workers', 7],
  ['watch:', 'config.watch.workers', 10],
  ['watch: {schedule: ""}', 'config.watch.schedule', ''],
  ['watch: {schedule: Manual}', 'config.watch.schedule', ''],
  ['watch: {schedule: "${NOT_SET}"}', 'config.watch.schedule', '0 */6 * * *'],
  ['watch: {schedule: "CRON_TZ=Asia/Tokyo @daily"}', 'config.watch.schedule', 'CRON_TZ=Asia/Tokyo @daily'],
  ['watch: {healthchecks: {uuidFile: /u}}', 'config.watch.healthchecks.baseURL', 'https://hc-ping.com/'],
  ['defaults: {notifyOn: new}', 'config.defaults.settings.notifyOn', ['new']],
  ['defaults: {notifyOn: []}', 'config.defaults.settings.notifyOn', ['new', 'update']],
  ['defaults: {includeTags: "^v1, ^v2"}', 'config.defaults.settings.includeTags', ['^v1', '^v2']],
  ['defaults: {includeTags: [1.10]}', 'config.defaults.settings.includeTags', ['1.10']],
  ['defaults: {minimumAge: 7d, policy: minor}', 'config.defaults.settings.minimumAgeMs', 604_800_000],
  ['defaults: {metadata: {Owner: ops, id: 007}}', 'config.defaults.metadata', { Owner: 'ops', id: '007' }],
  [
    'metrics: {prometheus: {enable: true, listenAddr: 0.0.0.0, listenPort: 8080}}',
    'config.metrics.addr',
    '0.0.0.0:8080',
  ],
  ['metrics: {prometheus: {enable: true}}', 'config.metrics.enabled', true],
  ['metrics: {prometheus: {listenAddr: "::1"}}', 'config.metrics.addr', '[::1]:9090'],
  ['log: {level: WARNING}', 'config.log.level', 'warn'],
  ['log: {format: json}', 'config.log.json', true],
  ['log: {format: json, json: false}', 'config.log.json', false],
  ['notif: {mail: {to: "a@b,c@d"}}', 'channels.0.options.to', ['a@b', 'c@d']],
  ['notif: {mail: {to: ["${NOT_SET}", a@b]}}', 'channels.0.options.to', ['a@b']],
  ['notif: {mail: {to: 1, port: "${NOT_SET}"}}', 'channels.0.options.port', 25],
  ['notif: {mail: {to: 1, templateBody: "{{ $x }} $1 $$"}}', 'channels.0.options.templateBody', '{{ $x }} $1 $$'],
  ['x-body: &body hi\nnotif: {mail: {to: 1, templateBody: *body}}', 'channels.0.options.templateBody', 'hi'],
  ['x-smtp: &smtp {host: h, port: 26}\nnotif: {mail: {<<: *smtp, to: 1, port: 27}}', 'channels.0.options.host', 'h'],
  ['x-smtp: &smtp {host: h, port: 26}\nnotif: {mail: {<<: *smtp, to: 1, port: 27}}', 'channels.0.options.port', 27],
  ['notif: {mail: [{to: a}, {to: b}, {to: c, name: ops}]}', 'channels.*.name', ['mail', 'mail-2', 'ops']],
  ['providers: {docker: {}}', 'providerSections.0.options.watchByDefault', false],
  ['providers: {docker: true}', 'providerSections.0.options.watchByDefault', false],
  ['providers: {docker: "${NOT_SET:-true}"}', 'providerSections.*.provider', ['docker']],
  ['providers: {docker: false}', 'providerSections', []],
  ['providers: {docker: , file: {filename: x}}', 'providerSections.*.provider', ['file']],
  ['providers: {swarm: {}}', 'providerSections', []],
  [
    'providers: {docker: [{}, {endpoint: tcp://b}]}',
    'providerSections.*.path',
    ['providers.docker[0]', 'providers.docker[1]'],
  ],
]

for (const [yaml, path, value] of VALUES) {
  test(`${yaml.replaceAll('\n', ' ⏎ ')} means ${path} = ${JSON.stringify(value)}`, () => {
    assert.deepEqual(pick(loadText(yaml), path), value)
  })
}

test('regopts become options of registries, in their order', () => {
  const { config } = loadText(
    [
      'regopts:',
      '  - {name: mine, username: me, password: 0123, timeout: 5s, insecure: true}',
      '  - {name: docker.io/me, selector: image, passwordFile: /run/pw, caFile: /ca.pem}',
      '  - {name: "localhost:5000", plainHTTP: true}',
    ].join('\n'),
  )
  const shown = config.regopts.map(({ username, password, ...rest }) => ({
    ...rest,
    username: username?.reveal(),
    hasPassword: password !== undefined,
  }))
  const none = { insecureTls: false, plainHttp: false, timeoutMs: 0, username: undefined, hasPassword: false }
  assert.deepEqual(shown, [
    { ...none, name: 'mine', selector: 'name', insecureTls: true, timeoutMs: 5000, username: 'me', hasPassword: true },
    { ...none, name: 'docker.io/me', selector: 'image', hasPassword: true, caFile: '/ca.pem' },
    { ...none, name: 'localhost:5000', selector: 'name', plainHttp: true },
    { ...none, name: 'localhost:5000', selector: 'image', plainHttp: true },
  ])
  assert.equal(config.regopts[0]!.password?.reveal(), '0123')
})

test('a plain secret wins over its file', () => {
  const { config } = loadText('server: {token: a, tokenFile: /t, webhookSecretFile: /w}', {
    files: { '/t': 'b', '/w': 'c' },
  })
  assert.equal(config.server.token?.reveal(), 'a')
  assert.throws(() => config.server.webhookSecret?.reveal(), /ENOENT.*\/w/)
  assert.equal(JSON.stringify(config.server), '{"host":"","port":8080,"webhookSecret":"***","token":"***"}')
})

test('a channel knows where its options were written', () => {
  const [channel] = loadText('notif:\n  mail:\n    to: a\n    templateBody: "{{ x }}"\n').channels
  assert.deepEqual(channel!.placeOf('templateBody'), { file: 'seaworthy.yml', line: 4, column: 5 })
  assert.deepEqual(channel!.placeOf('port'), { file: 'seaworthy.yml', line: 2, column: 3 })
})

test('loading a wrong config fails with every problem', () => {
  const files = { '/srv/seaworthy.yml': 'db: {pth: x}\nwatch: {workers: 0}\n' }
  const input = { env: {}, cwd: '/srv', home: '/home/me', readFile: readFrom(files), families: FAMILIES }
  assert.throws(
    () => loadConfig(input),
    (error) =>
      error instanceof Failure &&
      error.code === 'invalid' &&
      /2 problems:\nseaworthy\.yml:1:6: db\.pth is not known.*\nseaworthy\.yml:2:9: watch\.workers/.test(error.message),
  )
})

test('aliases that multiply take no time', () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `x-${index + 1}: &a${index + 1} {a: *a${index}, b: *a${index}}`,
  )
  const yaml = ['x-0: &a0 {a: 1}', ...levels, 'db: *a30'].join('\n')
  assert.throws(() => loadText(yaml), /db\.a is not known here/)
})

function pick(value: unknown, path: string): unknown {
  const [step, ...rest] = path.split('.')
  if (step === undefined || step === '') return value
  if (step === '*') return (value as unknown[]).map((item) => pick(item, rest.join('.')))
  return pick((value as Record<string, unknown>)[step], rest.join('.'))
}
