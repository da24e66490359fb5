import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from '@hono/zod-openapi'
import { messageOf, NEW, RUNNING, TELLER, UPDATE } from '../../test/kit/message.ts'
import { Failure } from '../domain/failure.ts'
import type { Entry } from '../domain/message.ts'
import { text } from '../lib/options.ts'
import { defineNotifier } from './_notifier.ts'
import { compileParts, joinBodies, joinTitles, presetParts, renderParts } from './_render.ts'
import {
  BODY,
  type DefaultTemplate,
  MAIL_BODY,
  PLAIN_BODY,
  SLACK_BODY,
  TEAMS_BODY,
  TELEGRAM_BODY,
  TITLE,
} from './_templates.ts'

const MEMBER = defineNotifier({
  name: 'sample',
  summary: 'A sample.',
  options: z.object({ title: text().optional(), body: text().optional(), click: text().optional() }),
  templates: { title: 'title', body: 'body', click: 'click' },
  escapesMarkdown: true,
  create: () => ({ send: async () => {} }),
})

function render(options: Record<string, string>, ...entries: [Entry, ...Entry[]]): Record<string, string> {
  return renderParts(compileParts(MEMBER, options, 'notif.sample'), messageOf(...entries), TELLER)
}

const LINK = 'https://hub.docker.com/r/crazymax/diun'
const NAME = 'docker.io/crazymax/diun:1.2.3'
const OTHER = 'ghcr.io/some_one/my_app:latest'
const THROUGH = 'which you subscribed to through file provider'
const UPDATED = 'has been updated on docker.io registry (triggered by node-1 host).'
const AVAILABLE = 'is available on ghcr.io registry (triggered by node-1 host).'

for (const [name, template, update, available] of [
  ['title', TITLE, `${NAME} has been updated`, `${OTHER} is available`],
  [
    'body',
    BODY,
    `Docker tag [**${NAME}**](${LINK}) ${THROUGH} ${UPDATED}`,
    `Docker tag **${OTHER}** ${THROUGH} ${AVAILABLE}`,
  ],
  ['plain body', PLAIN_BODY, `Docker tag ${NAME} ${THROUGH} ${UPDATED}`, `Docker tag ${OTHER} ${THROUGH} ${AVAILABLE}`],
  [
    'Telegram body',
    TELEGRAM_BODY,
    `Docker tag [${NAME}](${LINK}) ${THROUGH} ${UPDATED}`,
    `Docker tag ghcr.io/some\\_one/my\\_app:latest ${THROUGH} ${AVAILABLE}`,
  ],
  [
    'mail body',
    MAIL_BODY,
    `Docker tag [**${NAME}**](${LINK})\n${THROUGH} has been updated\non **docker.io** registry (triggered by _node-1_ host).` +
      `\n\nThis image has been updated at \`May 24, 2026 12:34:56 UTC\` with digest \`${UPDATE.digest}\`\nfor \`linux/amd64\` platform.`,
    `Docker tag **${OTHER}**\n${THROUGH} is available\non **ghcr.io** registry (triggered by _node-1_ host).` +
      `\n\nThis image has been created with digest \`${UPDATE.digest}\`\nfor \`linux/amd64\` platform.`,
  ],
  [
    'Slack body',
    SLACK_BODY,
    `<!channel> Docker tag <${LINK}|\`${NAME}\`>  updated.`,
    `<!channel> Docker tag \`${OTHER}\`  available.`,
  ],
  ['Teams body', TEAMS_BODY, `Docker tag [\`${NAME}\`](${LINK}) updated.`, `Docker tag \`${OTHER}\` available.`],
] as const) {
  test(`the default ${name} tells of an update and of a new image`, () => {
    const told = (entry: Entry) => render({ body: template.each }, entry).body
    assert.equal(told(UPDATE), update)
    assert.equal(told(NEW), available)
  })
}

for (const template of [BODY, PLAIN_BODY, TELEGRAM_BODY, SLACK_BODY, TEAMS_BODY] satisfies DefaultTemplate[]) {
  test(`the default "${template.each.slice(0, 40)}…" says where the image runs and that a newer tag is out`, () => {
    const { body } = render({ body: template.each }, RUNNING)
    assert.match(body!, / Runs in web, db on nas; api\. A newer tag is out too: 1\.3\.0\.$/)
  })
}

test('the default mail says so in paragraphs of their own', () => {
  const { body } = render({ body: MAIL_BODY.each }, RUNNING)
  assert.match(body!, /\n\nIt runs in web, db on nas; api\.\n\nA newer tag is out too: \*\*1\.3\.0\*\*\.$/)
})

// Diun's documentation and its tests, and what the users of both have in their files.
for (const [template, expected] of [
  ['\n{{ upper .Entry.Image.Tag }}\n', '1.2.3'],
  ['{{ .Meta.Hostname }} saw {{ .Entry.Image }} from {{ .Entry.Provider }}', `node-1 saw ${NAME} from docker`],
  ['{{ replace "." "-" .Entry.Image.Tag }}', '1-2-3'],
  ['{{ regexReplaceAll "[^0-9]+" "-" .Entry.Image.Tag }}', '1-2-3'],
  ['{{ upper .Entry.Status }}', 'UPDATE'],
  ['{{ escapeMarkdown "a_b" }}', 'a\\_b'],
  [
    '{{ .Meta.ID }} {{ .Meta.Name }} {{ .Meta.Version }} {{ .Meta.UserAgent }}',
    'seaworthy Seaworthy 4.0.0 Seaworthy/4.0.0',
  ],
  ['{{ .Entry.Image.Domain }} {{ .Entry.Image.Path }} {{ .Entry.Image.Digest }}', 'docker.io crazymax/diun '],
  [
    '{{ .Entry.Image.Name }} {{ .Entry.Image.Reference }} {{ .Entry.Image.String }}',
    `docker.io/crazymax/diun 1.2.3 ${NAME}`,
  ],
  [
    '{{ .Entry.Manifest.Name }} {{ .Entry.Manifest.Tag }} {{ .Entry.Manifest.Platform }}',
    'crazymax/diun 1.2.3 linux/amd64',
  ],
  ['{{ slice .Entry.Manifest.Digest 7 19 }} {{ .Entry.Manifest.Digest.Algorithm }}', '216e3ae7de4c sha256'],
  ['{{ .Entry.Manifest.Created }}', '2026-05-24 12:34:56 +0000 UTC'],
  ['{{ .Entry.Manifest.Created.Format "02.01.2006" }}', '24.05.2026'],
  ['{{ index .Entry.Manifest.Labels "org.opencontainers.image.version" }}', '1.2.3'],
  ['{{ len .Entry.Manifest.Layers }} {{ .Entry.Manifest.DockerVersion }}', '2 27.0.1'],
  ['{{ range .Entry.Manifest.Tags }}{{ . }} {{ end }}→ {{ .Meta.Tag }}', '1.2.3 → 1.3.0'],
  ['{{ .Meta.Created }}', '2026-05-24T12:34:56Z'],
  ['{{ .Entry.Metadata.ctn_names }} {{ .Entry.Metadata.ContainerName }}', 'web web'],
  ['{{ .Entry.Metadata.foo }} {{ index .Entry.Metadata "foo" }}.', '<no value> .'],
  ['{{ range $key, $value := .Entry.Metadata }}{{ $key }}={{ $value }} {{ end }}', 'ctn_names=web '],
  ['{{ if .Entry.UpdateAvailable }}yes{{ end }}', 'yes'],
  [
    '{{ range .Entry.Workloads }}{{ .Name }}@{{ .Host }}/{{ .Provider }} {{ end }}',
    'web@nas/docker db@nas/docker api@node-1/docker ',
  ],
  ['{{ .Entry.NewerTag }} {{ .Entry.Level }} {{ .Entry.Reason }}', '1.3.0 minor The tag points to another digest.'],
  ['{{ .Entry.From.Tag }} {{ .Entry.From.Digest }} {{ len .Entries }}', '1.2.3 sha256:0000 1'],
] as const) {
  test(`the template ${JSON.stringify(template)} gives ${JSON.stringify(expected)}`, () => {
    assert.equal(render({ body: template }, RUNNING).body, expected)
  })
}

test('an image without a time has none in a template either', () => {
  const body = '{{ with .Entry.Manifest.Created }}{{ .Year }}{{ else }}unknown{{ end }} since {{ .Meta.Created }}'
  assert.equal(render({ body }, NEW).body, 'unknown since 2026-05-25T06:00:00.000Z')
})

test('no digit of the time is lost', () => {
  const entry = { ...UPDATE, created: '2026-05-24T14:34:56.123456789+02:00' }
  assert.equal(render({ body: '{{ .Entry.Manifest.Created }}' }, entry).body, '2026-05-24 12:34:56.123456789 +0000 UTC')
})

test('a template that is not set is left out', () => {
  assert.deepEqual(render({ title: '', body: 'x' }, UPDATE), { body: 'x' })
})

for (const [template, where, message] of [
  ['ab\n {{ unknown .Entry.Image }}', 'notif.sample.body, line 2, column 5', /cannot be read.*unknown/],
  [
    '{{ regexReplaceAll "[" "-" .Entry.Image.Tag }}',
    'notif.sample.body, line 1',
    /cannot be filled in.*regexReplaceAll/,
  ],
  ['{{ .Entry.Nothing }}', 'notif.sample.body, line 1', /cannot be filled in.*Nothing/],
] as const) {
  test(`the fault in ${JSON.stringify(template)} is shown with its place`, () => {
    assert.throws(
      () => render({ body: template }, UPDATE),
      (error: unknown) => {
        assert.ok(error instanceof Failure && error.code === 'invalid')
        assert.equal(error.where?.startsWith(where), true)
        assert.match(error.message, message)
        return true
      },
    )
  })
}

test('several images are told of by the default texts as a list', () => {
  const { title, body } = render({ title: TITLE.each, body: PLAIN_BODY.each }, RUNNING, NEW)
  assert.equal(title, '2 images have updates')
  assert.equal(
    body,
    `- ${NAME} has been updated, 1.3.0 is out too (runs in web, db on nas; api)\n- ${OTHER} is available`,
  )
})

test('templates of the user are filled in for each of several images', () => {
  const templates = { title: '{{ .Entry.Image.Path }}', body: 'tag {{ .Meta.Tag }}', click: 'x://{{ .Meta.Tag }}' }
  assert.deepEqual(render(templates, UPDATE, NEW, NEW), {
    title: 'crazymax/diun and 2 more',
    body: 'tag 1.2.3\n\ntag latest\n\ntag latest',
    click: 'x://1.2.3',
  })
})

test('a template of the user that speaks of all images is filled in once', () => {
  const body = '{{ range .Entries }}<{{ .Image.Path }}>{{ end }}'
  assert.equal(render({ body }, UPDATE, NEW).body, '<crazymax/diun><some_one/my_app>')
})

for (const [bodies, expected] of [
  [['only'], 'only'],
  [['[1]'], '[1]'],
  [['[1]', '[2, 3]'], '[1,2,3]'],
  [['{"a":1}', '{"a":2}'], '[{"a":1},{"a":2}]'],
  [['{"a":1}', 'text'], '{"a":1}\n\ntext'],
  [['1', '2'], '1\n\n2'],
] as const) {
  test(`the bodies ${JSON.stringify(bodies)} are joined to ${JSON.stringify(expected)}`, () => {
    assert.equal(joinBodies(bodies), expected)
  })
}

for (const [escapesMarkdown, body] of [
  [undefined, 'my_app went back'],
  [true, 'my\\_app went back'],
] as const) {
  test(`a message that says itself what it says replaces every text${escapesMarkdown ? ', with signs escaped' : ''}`, () => {
    const member = { templates: { title: 'templateTitle', body: 'templateBody', click: 'templateClick' } }
    const said = { title: 'my_app', body: 'my_app went back' }
    assert.deepEqual(presetParts({ ...member, ...(escapesMarkdown && { escapesMarkdown }) }, said), {
      title: 'my_app',
      body,
      click: body,
    })
  })
}

test('one title stays as it is', () => assert.equal(joinTitles(['one']), 'one'))
