// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in config files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notifiers } from '../notifiers/all.gen.ts'
import { providers } from '../providers/all.gen.ts'
import { readText } from './_fixtures.ts'

const families = { providers, notifiers }

// In the manner of configs that people run with Diun, with keys that it refuses and that are written all the same.
const LARGE = `
db:
  path: /data/diun.db
watch:
  schedule: "0 */6 * * *"
  workers: 20
  compareDigest: false
regopts:
  - name: "docker.io"
    username: \${HUB_USER}
    password: \${HUB_PASSWORD}
    timeout: 30s
  - name: \${OWN_REGISTRY}
    insecure: false
providers:
  docker:
    endpoint: "tcp://proxy:2375"
    watchByDefault: true
    watchStopped: false
    watchSwarm: false
notif:
  mail:
    host: \${SMTP_HOST}
    port: \${SMTP_PORT}
    password: \${SMTP_PASSWORD}
    ssl: false
    localName: \${HOSTNAME}.\${DOMAIN}
    from: \${SMTP_FROM:-\${SMTP_USER}}
    to: \${MAIL_TO}
    templateBody: |
      <html><style>p { color: #333; }</style><p>{{ range .Entry.Manifest.Tags }}{{ . }}{{ end }}</p></html>
  webhook:
    endpoint: http://alerts:9093/api/v2/alerts
    method: POST
    headers:
      Content-Type: application/json
    timeout: 10s
    templateBody: |
      [{"labels": {"image": "{{ .Entry.Image.Path }}"}}]
  gotify:
    endpoint: \${GOTIFY_URL}
    token: \${GOTIFY_TOKEN}
    priority: 5
  slack:
    renderFields: true
metrics:
  prometheus:
    enable: true
    listenAddr: 0.0.0.0
    listenPort: 8080
    path: /metrics
log:
  level: info
  json: false
`

test('a config of many channels loads without its variables: those that lack something are left out', () => {
  const { loaded, lines } = readText(LARGE, { families })
  assert.deepEqual(
    loaded?.channels.map(({ name }) => name),
    ['webhook'],
    lines.join('\n'),
  )
  assert.deepEqual(
    lines.flatMap((line) => /note: (\S+ is left out: .*?\.)(?: |$)/.exec(line)?.[1] ?? []),
    [
      'regopts[1] is left out: its name is empty.',
      'notif.mail is left out: no value for from and to.',
      'notif.gotify is left out: no value for endpoint.',
      'notif.slack is left out: no value for webhookURL.',
    ],
  )
})

test('the same config uses every channel once its variables are there', () => {
  const env = {
    SMTP_HOST: 'smtp.example.com',
    SMTP_PORT: '587',
    SMTP_USER: 'me@example.com',
    HOSTNAME: 'host',
    DOMAIN: 'example.com',
    MAIL_TO: 'a@example.com,b@example.com',
    GOTIFY_URL: 'http://gotify',
    GOTIFY_TOKEN: 'x',
    DIUN_NOTIF_SLACK_WEBHOOKURL: 'https://hooks.example.com/x',
    DIUN_PROVIDERS_DOCKER: 'true',
    DIUN_PROVIDERS_DOCKER_WATCHSTOPPED: 'true',
  }
  const { loaded, lines } = readText(LARGE, { families, env })
  assert.deepEqual(
    loaded?.channels.map(({ name }) => name),
    ['mail', 'webhook', 'gotify', 'slack'],
    lines.join('\n'),
  )
  const mail = loaded.channels[0]!.options as Record<string, unknown>
  assert.equal(mail.port, 587)
  assert.equal(mail.localName, 'host.example.com')
  assert.equal(mail.from, 'me@example.com')
  assert.deepEqual(mail.to, ['a@example.com', 'b@example.com'])
  const docker = loaded.providerSections[0]!.options as Record<string, unknown>
  assert.deepEqual([docker.endpoint, docker.watchByDefault, docker.watchStopped], ['tcp://proxy:2375', true, true])
})

/** The keys and variables of Diun for the members that are here. */
const DIUN: Record<string, Record<string, string>> = {
  PROVIDERS_DOCKER: {
    ENDPOINT: 'unix:///x.sock',
    APIVERSION: '1.41',
    TLSCERTSPATH: '/certs',
    TLSVERIFY: 'false',
    WATCHBYDEFAULT: 'true',
    WATCHSTOPPED: 'true',
  },
  PROVIDERS_FILE: { FILENAME: '/list.yml', DIRECTORY: '/lists' },
  NOTIF_DISCORD: {
    WEBHOOKURL: 'https://discord.com/api/webhooks/1/x',
    WEBHOOKURLFILE: '/s',
    MENTIONS: '@here,<@1>',
    RENDEREMBEDS: 'true',
    RENDERFIELDS: 'false',
    TIMEOUT: '10s',
    PROXY: 'http://proxy:3128',
    TEMPLATEBODY: '{{ .Entry.Image }}',
  },
  NOTIF_GOTIFY: {
    ENDPOINT: 'http://gotify',
    TOKEN: 'x',
    TOKENFILE: '/s',
    PRIORITY: '1',
    TIMEOUT: '10s',
    PROXY: 'http://proxy:3128',
    TLSSKIPVERIFY: 'true',
    TLSCACERTFILES: '/ca.pem',
    TEMPLATETITLE: 'x',
    TEMPLATEBODY: 'x',
  },
  NOTIF_MAIL: {
    HOST: 'h',
    PORT: '25',
    SSL: 'false',
    INSECURESKIPVERIFY: 'true',
    LOCALNAME: 'n',
    USERNAME: 'u',
    USERNAMEFILE: '/s',
    PASSWORD: 'p',
    PASSWORDFILE: '/s',
    FROM: 'a@example.com',
    TO: 'b@example.com,c@example.com',
    TEMPLATETITLE: 'x',
    TEMPLATEBODY: 'x',
  },
  NOTIF_NTFY: {
    ENDPOINT: 'https://ntfy.sh',
    TOKEN: 'x',
    TOKENFILE: '/s',
    TOPIC: 't',
    PRIORITY: '3',
    TAGS: 'package,whale',
    ICON: 'https://example.com/i.png',
    CLICK: '{{ .Entry.Image.HubLink }}',
    TIMEOUT: '10s',
    PROXY: 'http://proxy:3128',
    TLSSKIPVERIFY: 'true',
    TLSCACERTFILES: '/ca.pem',
    TEMPLATETITLE: 'x',
    TEMPLATEBODY: 'x',
  },
  NOTIF_SCRIPT: { CMD: 'uname', ARGS: '-a', DIR: '/tmp' },
  NOTIF_SLACK: {
    WEBHOOKURL: 'https://hooks.slack.com/x',
    WEBHOOKURLFILE: '/s',
    RENDERFIELDS: 'true',
    PROXY: 'http://proxy:3128',
    TEMPLATEBODY: 'x',
  },
  NOTIF_TELEGRAM: {
    APIURL: 'http://telegram:8081',
    PROXY: 'http://proxy:3128',
    TOKEN: 'x',
    TOKENFILE: '/s',
    CHATIDS: '8547439,1234567',
    CHATIDSFILE: '/s',
    TEMPLATEBODY: 'x',
    DISABLENOTIFICATION: 'true',
  },
  NOTIF_WEBHOOK: {
    ENDPOINT: 'http://example.com',
    METHOD: 'GET',
    'HEADERS_CONTENT-TYPE': 'text/plain',
    TIMEOUT: '1m',
    PROXY: 'http://proxy:3128',
    TLSSKIPVERIFY: 'true',
    TLSCACERTFILES: '/ca.pem',
  },
  WATCH: {
    WORKERS: '100',
    SCHEDULE: '*/30 * * * *',
    JITTER: '0s',
    FIRSTCHECKNOTIF: 'true',
    RUNONSTARTUP: 'false',
    COMPAREDIGEST: 'true',
    HEALTHCHECKS_BASEURL: 'https://hc-ping.com/',
    HEALTHCHECKS_UUID: 'x',
    HEALTHCHECKS_UUIDFILE: '/s',
  },
  DEFAULTS: {
    WATCHREPO: 'false',
    NOTIFYON: 'new',
    MAXTAGS: '5',
    SORTTAGS: 'semver',
    INCLUDETAGS: '^v1',
    EXCLUDETAGS: '^v0',
    METADATA_OWNER: 'ops',
  },
  METRICS: { ENABLED: 'true', ADDR: '127.0.0.1:9090', PATH: '/prometheus', TOKEN: 'x', TOKENFILE: '/s' },
  REGOPTS_0: {
    NAME: 'docker.io',
    SELECTOR: 'image',
    USERNAME: 'u',
    USERNAMEFILE: '/s',
    PASSWORD: 'p',
    PASSWORDFILE: '/s',
    INSECURETLS: 'false',
    TIMEOUT: '30s',
  },
  DB: { PATH: '/data/diun.db' },
}

for (const [section, keys] of Object.entries(DIUN)) {
  test(`every variable that Diun has for ${section.toLowerCase().replaceAll('_', '.')} is known`, () => {
    const variables = Object.entries(keys).map(([key, value]) => [`DIUN_${section}_${key}`, value])
    const env = Object.fromEntries([...variables, ['DIUN_PROVIDERS_DOCKER', 'true']]) as Record<string, string>
    const { loaded, lines } = readText(undefined, { families, env, files: { '/s': 'x' } })
    assert.deepEqual(lines, [])
    assert.equal(loaded?.source.environment.length, Object.keys(env).length)
  })
}
