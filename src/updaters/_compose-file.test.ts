// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in compose files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from '../domain/failure.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import { applyEdits, invertEdits, planImageEdit, type ScalarEdit } from './_compose-file.ts'
import type { ComposeSources } from './_compose-model.ts'

const MAIN = '/p/compose.yml'
const OLD = `sha256:${'a'.repeat(64)}`
const NEW = `sha256:${'b'.repeat(64)}`

interface Project {
  /** By path; a string alone is the compose file. */
  readonly files: Readonly<Record<string, string>>
  readonly main?: readonly string[]
  readonly envFiles?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

function sourcesOf({ files, main = [MAIN], envFiles, environment = {} }: Project): ComposeSources {
  return { directory: '/p', files: main, envFiles, environment, read: (file) => files[file] }
}

function project(given: string | Project): Project {
  return typeof given === 'string' ? { files: { [MAIN]: given } } : given
}

function plan(given: string | Project, to: string, service = 'web') {
  return planImageEdit(sourcesOf(project(given)), service, parseImageReference(to))
}

function written(given: string | Project, edits: readonly ScalarEdit[]): Project {
  const { files, ...rest } = project(given)
  const entries = Object.entries(files).map(([file, text]) => [
    file,
    applyEdits(
      text,
      edits.filter((edit) => edit.file === file),
    ),
  ])
  return { ...rest, files: Object.fromEntries(entries) }
}

interface Case {
  readonly name: string
  readonly given: string | Project
  readonly to?: string
  readonly file?: string
  readonly line: number
  readonly before: string
  readonly after: string
}

const web = (image: string) => `services:\n  web:\n    image: ${image}\n`
const withEnv = (image: string, env: string, more = '') => ({ files: { [MAIN]: web(image) + more, '/p/.env': env } })

const CASES: readonly Case[] = [
  { name: 'plain', given: web('nginx:1.25'), line: 3, before: 'nginx:1.25', after: 'nginx:1.26' },
  {
    name: 'plain with a comment behind',
    given: web('nginx:1.25   # do not touch'),
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  { name: 'double quotes', given: web('"nginx:1.25"'), line: 3, before: 'nginx:1.25', after: 'nginx:1.26' },
  { name: 'single quotes', given: web("'nginx:1.25'"), line: 3, before: 'nginx:1.25', after: 'nginx:1.26' },
  {
    name: 'flow style',
    given: 'services: {web: {image: nginx:1.25}}',
    line: 1,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  { name: 'folded block', given: web('>-\n      nginx:1.25'), line: 4, before: 'nginx:1.25', after: 'nginx:1.26' },
  { name: 'with a YAML tag', given: web('!!str nginx:1.25'), line: 3, before: 'nginx:1.25', after: 'nginx:1.26' },
  {
    name: 'full name',
    given: web('docker.io/library/nginx:1.25'),
    line: 3,
    before: 'docker.io/library/nginx:1.25',
    after: 'docker.io/library/nginx:1.26',
  },
  { name: 'no tag yet', given: web('nginx'), line: 3, before: 'nginx', after: 'nginx:1.26' },
  {
    name: 'registry with a port',
    given: web('reg.local:5000/a/b:1.25'),
    to: 'reg.local:5000/a/b:1.26',
    line: 3,
    before: 'reg.local:5000/a/b:1.25',
    after: 'reg.local:5000/a/b:1.26',
  },
  {
    name: 'tag and digest',
    given: web(`nginx:1.25@${OLD}`),
    to: `nginx:1.26@${NEW}`,
    line: 3,
    before: `nginx:1.25@${OLD}`,
    after: `nginx:1.26@${NEW}`,
  },
  {
    name: 'digest alone',
    given: web(`nginx@${OLD}`),
    to: `nginx@${NEW}`,
    line: 3,
    before: `nginx@${OLD}`,
    after: `nginx@${NEW}`,
  },
  {
    name: 'anchored, used by nobody else',
    given: web('&img nginx:1.25'),
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'alias of an extension field',
    given: `x-image: &img nginx:1.25\n${web('*img')}`,
    line: 1,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'merge key',
    given:
      'x-base: &base\n  image: nginx:1.25\n  restart: always\nservices:\n  web:\n    <<: *base\n    ports: ["80"]\n',
    line: 2,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'list of merge keys, the first that has it',
    given:
      'x-a: &a {restart: always}\nx-b: &b\n  image: nginx:1.25\nx-c: &c {image: nginx:0}\nservices:\n  web:\n    <<: [*a, *b, *c]\n',
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'own image over a merge key',
    given: 'x-base: &base {image: nginx:0}\nservices:\n  web:\n    <<: *base\n    image: nginx:1.25\n',
    line: 5,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  { name: 'default', given: web('nginx:${TAG:-1.25}'), line: 3, before: '1.25', after: '1.26' },
  { name: 'default without a colon', given: web('nginx:${TAG-1.25}'), line: 3, before: '1.25', after: '1.26' },
  {
    name: 'default in a default',
    given: web('"${A:-${B:-nginx:1.25}}"'),
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'default of the whole image',
    given: web('${IMAGE:-nginx:1.25}'),
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'text beside a variable',
    given: withEnv('${REGISTRY}nginx:1.25', 'REGISTRY=docker.io/library/\n'),
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'variable',
    given: withEnv('nginx:${TAG}', 'A=1\nTAG=1.25\n'),
    file: '/p/.env',
    line: 2,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'variable without braces',
    given: withEnv('nginx:$TAG', 'TAG=1.25'),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'variable that must be there',
    given: withEnv('nginx:${TAG:?set it}', 'TAG=1.25'),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'variable before its default',
    given: withEnv('nginx:${TAG:-1.20}', 'TAG=1.25\r\n'),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'quoted, exported, commented; the last one counts',
    given: withEnv('nginx:${TAG}', '# TAG=0\nTAG=1.20\nexport TAG="1.25" # now\n'),
    file: '/p/.env',
    line: 3,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'comment behind an unquoted value',
    given: withEnv('nginx:${TAG}', "TAG = 1.25 # now\nB='x\ny'\n"),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'part of a tag',
    given: withEnv('nginx:${V}-alpine', 'V=1.25'),
    to: 'nginx:1.26-alpine',
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'variable in a variable',
    given: withEnv('${IMAGE}', 'TAG=1.25\nIMAGE=nginx:${TAG}\n'),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'second env file',
    given: {
      files: { [MAIN]: web('nginx:${TAG}'), '/p/a.env': 'TAG=1.20', '/p/b.env': 'TAG=1.25' },
      envFiles: ['/p/a.env', '/p/b.env'],
    },
    file: '/p/b.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'env file that the service itself reads',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', '    env_file: .env\n'),
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'last of two files',
    given: { files: { [MAIN]: web('nginx:1.20'), '/p/o.yml': web('nginx:1.25') }, main: [MAIN, '/p/o.yml'] },
    file: '/p/o.yml',
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'first of two files, where the second is silent',
    given: {
      files: { [MAIN]: web('nginx:1.25'), '/p/o.yml': 'services: {web: {ports: ["80"]}}' },
      main: [MAIN, '/p/o.yml'],
    },
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'extends another file',
    given: {
      files: {
        [MAIN]: 'services:\n  web:\n    extends: {file: "${DIR}/base.yml", service: base}\n',
        '/p/.env': 'DIR=common',
        '/p/common/base.yml': 'services:\n  base:\n    extends: {file: root.yml, service: root}\n',
        '/p/common/root.yml': 'services:\n  root:\n    image: nginx:1.25\n',
      },
    },
    file: '/p/common/root.yml',
    line: 3,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
  {
    name: 'include, short form, with the env file of its folder',
    given: {
      files: { [MAIN]: 'include: [sub/c.yml]\n', '/p/sub/c.yml': web('nginx:${TAG}'), '/p/sub/.env': 'TAG=1.25' },
    },
    file: '/p/sub/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'include, long form, with its own env file',
    given: {
      files: {
        [MAIN]: 'include:\n  - path: [sub/c.yml, sub/o.yml]\n    env_file: ./tags.env\n',
        '/p/sub/c.yml': web('nginx:1.0'),
        '/p/sub/o.yml': web('nginx:${TAG}'),
        '/p/tags.env': 'TAG=1.25',
      },
    },
    file: '/p/tags.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'variables of the including project go first',
    given: {
      files: {
        [MAIN]: 'include: [sub/c.yml]\n',
        '/p/.env': 'TAG=1.25',
        '/p/sub/c.yml': web('nginx:${TAG}'),
        '/p/sub/.env': 'TAG=1.20',
      },
    },
    file: '/p/.env',
    line: 1,
    before: '1.25',
    after: '1.26',
  },
  {
    name: 'second document of a file',
    given: `${web('nginx:1.20')}---\n${web('nginx:1.25')}`,
    line: 7,
    before: 'nginx:1.25',
    after: 'nginx:1.26',
  },
]

for (const { name, given, to = 'nginx:1.26', file = MAIN, line, before, after } of CASES) {
  test(`edits one scalar: ${name}`, () => {
    const { edits, after: image } = plan(given, to)
    assert.deepEqual(
      edits.map(({ start: _, ...edit }) => edit),
      [{ file, line, before, after }],
    )
    const changed = written(given, edits)
    assert.equal(plan(changed, to).before, image)
    assert.deepEqual(plan(changed, to).edits, [])
    assert.deepEqual(written(changed, invertEdits(edits)), project(given))
  })
}

test('writes a tag and a digest that stand in two places', () => {
  const given = withEnv(`nginx:\${TAG}@\${DIGEST}`, `TAG=1.9\nDIGEST=${OLD}\n`)
  const { edits } = plan(given, `nginx:1.10@${NEW}`)
  const changed = written(given, edits)
  assert.equal(changed.files['/p/.env'], `TAG=1.10\nDIGEST=${NEW}\n`)
  assert.deepEqual(written(changed, invertEdits(edits)), given)
})

const UNTOUCHED: readonly [string, string][] = [
  [web('nginx:1.25'), `nginx:1.25@${NEW}`],
  [web('nginx'), `nginx:latest@${NEW}`],
  [web('docker.io/library/nginx:1.25'), 'nginx:1.25'],
]
for (const [given, to] of UNTOUCHED) {
  test(`writes nothing when only the digest moves: ${given.split('image: ')[1]?.trim()}`, () => {
    assert.deepEqual(plan(given, to).edits, [])
  })
}

interface Refusal {
  readonly name: string
  readonly given: string | Project
  readonly to?: string
  readonly says: RegExp
  readonly where: string | undefined
}

const twoServices = (image: string, other: string) => `${web(image)}  worker:\n    image: ${other}\n`
const REFUSALS: readonly Refusal[] = [
  {
    name: 'alias of another one',
    given: twoServices('&img nginx:1.25', '*img'),
    says: /image of worker/,
    where: `${MAIN}:3`,
  },
  {
    name: 'merge key that others use',
    given: 'x-b: &b {image: nginx:1.25}\nservices: {web: {<<: *b}, worker: {<<: *b}}',
    says: /image of worker/,
    where: `${MAIN}:1`,
  },
  {
    name: 'alias in another value',
    given: `${web('&img nginx:1.25')}    labels: {image: *img}\n`,
    says: /services\.web\.labels\.image/,
    where: `${MAIN}:3`,
  },
  {
    name: 'variable of another image',
    given: { files: { [MAIN]: twoServices('nginx:${TAG}', 'other:${TAG}'), '/p/.env': 'TAG=1.25' } },
    says: /image of worker/,
    where: '/p/.env:1',
  },
  {
    name: 'variable in another value',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', '    labels: ["v=${TAG}"]\n'),
    says: /services\.web\.labels\.0/,
    where: '/p/.env:1',
  },
  {
    name: 'variable handed on',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', '    environment: [TAG]\n'),
    says: /TAG in the environment of web/,
    where: '/p/.env:1',
  },
  {
    name: 'variable handed on as a key',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', '  db: {image: a, environment: {TAG: }}\n'),
    says: /TAG in the environment of db/,
    where: '/p/.env:1',
  },
  {
    name: 'env file that others read',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', '  db: {image: a, env_file: [./.env]}\n'),
    says: /environment of db/,
    where: '/p/.env:1',
  },
  {
    name: 'secret out of the variable',
    given: withEnv('nginx:${TAG}', 'TAG=1.25', 'secrets: {s: {environment: TAG}}\n'),
    says: /secrets\.s/,
    where: '/p/.env:1',
  },
  {
    name: 'variable of this process',
    given: { files: { [MAIN]: web('nginx:${TAG}') }, environment: { TAG: '1.25' } },
    says: /TAG is set in the environment of this process/,
    where: `${MAIN}:3`,
  },
  {
    name: 'base service in the same project',
    given: 'services:\n  base: {image: nginx:1.25}\n  web: {extends: base}\n',
    says: /image of base/,
    where: `${MAIN}:2`,
  },
  {
    name: 'base service that others extend',
    given: {
      files: {
        [MAIN]: 'services: {web: {extends: {file: b.yml, service: b}}, worker: {extends: {file: b.yml, service: b}}}',
        '/p/b.yml': 'services: {b: {image: nginx:1.25}}',
      },
    },
    says: /image of worker/,
    where: '/p/b.yml:1',
  },
  {
    name: 'another repository',
    given: web('nginx:1.25'),
    to: 'httpd:2',
    says: /names docker.io\/library\/nginx/,
    where: `${MAIN}:3`,
  },
  { name: 'unknown digest of a pinned image', given: web(`nginx@${OLD}`), says: /pins a digest/, where: `${MAIN}:3` },
  { name: 'escapes', given: web('"nginx:1\\x2e25"'), says: /escapes/, where: `${MAIN}:3` },
  {
    name: 'two variables at once',
    given: withEnv('nginx:${A}.${B}', 'A=1\nB=25'),
    to: 'nginx:2.26',
    says: /several values/,
    where: `${MAIN}:3`,
  },
  { name: 'no image', given: 'services: {web: {build: .}}', says: /No file/, where: undefined },
  { name: 'reset', given: web('!reset null'), says: /!reset/, where: `${MAIN}:3` },
  { name: 'broken file', given: 'services:\n  web: [', says: /cannot be read/, where: `${MAIN}:2` },
  { name: 'missing file', given: 'include: [gone.yml]', says: /not there/, where: '/p/gone.yml' },
  {
    name: 'extends in a circle',
    given: 'services: {web: {extends: a}, a: {extends: web}}',
    says: /extends itself/,
    where: `${MAIN}:1`,
  },
]

for (const { name, given, to = 'nginx:1.26', says, where } of REFUSALS) {
  test(`refuses: ${name}`, () => {
    assert.throws(
      () => plan(given, to),
      (error) => {
        assert.ok(error instanceof Failure, String(error))
        assert.match(error.message, says)
        assert.equal(error.where, where)
        return true
      },
    )
  })
}

const LINE = fc.constantFrom(
  '# nginx:1.25',
  '',
  'x-a: "nginx:1.25"',
  'x-é: [1, 2 ]   ',
  "x-b: 'it''s'",
  'x-c:\t{ }',
  'networks: {n: }',
)
const STYLE = fc.constantFrom(
  (image: string) => image,
  (image: string) => `"${image}"`,
  (image: string) => `'${image}'`,
)
const TAG = fc.stringMatching(/^[A-Za-z0-9_][\w.-]{0,12}$/)

test('every byte outside of the scalar stays, whatever stands around it, and it can be taken back', () => {
  const lines = fc.uniqueArray(LINE, { maxLength: 5 })
  const eol = fc.constantFrom('\n', '\r\n')
  const options = { head: lines, tail: fc.boolean(), style: STYLE, old: TAG, tag: TAG, eol, bom: fc.boolean() }
  fc.assert(
    fc.property(fc.record(options), ({ head, tail, style, old, tag, eol, bom }) => {
      const scalar = style(`nginx:${old}`)
      const before = `${bom ? '\uFEFF' : ''}${[...head, 'services:', '  web:  # a', '    image:   '].join(eol)}`
      const after = tail ? `   # end${eol}    restart: always` : ''
      const given = before + scalar + after
      const { edits } = plan(given, `nginx:${tag}`)
      const changed = written(given, edits)
      assert.equal(changed.files[MAIN], before + style(`nginx:${tag}`) + after)
      assert.deepEqual(written(changed, invertEdits(edits)).files[MAIN], given)
    }),
    { numRuns: 300 },
  )
})
