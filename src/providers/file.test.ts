import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { PROVIDER_PARTS, testProvider } from '../../test/kit/provider.ts'
import { Failure } from '../domain/failure.ts'
import { formatPlatform } from '../domain/platform.ts'
import { DEFAULT_SETTINGS, type WatchSettings } from '../domain/workload.ts'
import type { ProviderParts } from './_provider.ts'
import file from './file.ts'

async function temporary(files: Record<string, string> = {}) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'watch-list-'))
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content)
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

async function list(content: string, parts: Partial<ProviderParts> = {}) {
  await using folder = await temporary({ 'list.yml': content })
  const filename = path.join(folder.path, 'list.yml')
  const provider = file.create(file.options.parse({ filename }), { ...PROVIDER_PARTS, ...parts })
  const { workloads, problems } = await provider.list(AbortSignal.timeout(10_000))
  return {
    workloads,
    problems: problems.map(({ workload, message }) => `${workload}: ${message.replace(filename, 'list.yml')}`),
  }
}

testProvider('file', async () => {
  const folder = await temporary({ 'list.yml': '- name: alpine\n- name: Bad Name\n' })
  const filename = path.join(folder.path, 'list.yml')
  return {
    provider: file.create(file.options.parse({ filename }), PROVIDER_PARTS),
    change: () => writeFile(filename, '- name: nginx\n'),
    breakDown: () => rm(folder.path, { recursive: true }),
    [Symbol.asyncDispose]: folder[Symbol.asyncDispose],
  }
})

const DEFAULTS: WatchSettings = {
  ...DEFAULT_SETTINGS,
  maxTags: 25,
  includeTags: ['^(0|[1-9]\\d*)\\..*'],
  excludeTags: ['^0\\.0\\..*'],
}

test('anchors, aliases and merged maps mean what they mean elsewhere in YAML', async () => {
  const { workloads, problems } = await list(`
- &nginx {name: nginx, watch_repo: true, include_tags: &tags ['^1']}
- {name: redis, include_tags: *tags}
- {<<: *nginx, name: caddy, regopt: mine}
- *nginx
`)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    workloads.map(({ name, settings }) => [name, settings.watchRepo, settings.includeTags, settings.regopt]),
    [
      ['nginx', true, ['^1'], undefined],
      ['redis', false, ['^1'], undefined],
      ['caddy', true, ['^1'], 'mine'],
      ['nginx', true, ['^1'], undefined],
    ],
  )
})

test('aliases that would fill the memory spoil their entry only', async () => {
  const levels = Array.from({ length: 9 }, (_, n) => `b${n + 1}: &b${n + 1} [${`*b${n},`.repeat(10)}]`)
  const bomb = `- name: bomb\n  metadata: {b0: &b0 [x,x], ${levels.join(', ')}}\n- name: nginx\n`
  const { workloads, problems } = await list(bomb)
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['nginx'],
  )
  assert.match(problems.join('\n'), /^bomb: .*list\.yml:2, field "metadata": .*repeats itself too often/)
})

const ENTRIES: readonly [yaml: string, expected: Partial<WatchSettings>][] = [
  ['name: a', {}],
  ['{name: a, regopt: mine}', { regopt: 'mine' }],
  ['{name: a, watch_repo: true}', { watchRepo: true }],
  ['{name: a, notify_on: [new]}', { notifyOn: ['new'] }],
  ['{name: a, notify_on: new;update}', {}],
  ['{name: a, notify_on: []}', {}],
  ['{name: a, sort_tags: lexicographical}', { sortTags: 'lexicographical' }],
  ['{name: a, max_tags: 50}', { maxTags: 50 }],
  ['{name: a, max_tags: 0}', {}],
  ['{name: a, include_tags: ["^1\\\\.2\\\\..*"]}', { includeTags: ['^1\\.2\\..*'] }],
  ['{name: a, include_tags: ["a,b"]}', { includeTags: ['a,b'] }],
  ['{name: a, exclude_tags: [latest, 1.2]}', { excludeTags: ['latest', '1.2'] }],
  ['{name: a, exclude_tags: [""]}', {}],
  ['{name: a, hub_link: "https://x", hub_tpl: "y"}', { hubLink: 'https://x', hubTpl: 'y' }],
  ['{name: a, policy: patch}', { policy: 'patch' }],
  ['{name: a, minimum_age: 2d}', { minimumAgeMs: 172_800_000 }],
  ['{name: a, select: "glob:1.*"}', { select: { by: 'glob', pattern: '1.*' } }],
  ['{name: a, regopt: }', {}],
]

for (const [yaml, expected] of ENTRIES)
  test(`"- ${yaml}" over the defaults changes ${JSON.stringify(expected)}`, async () => {
    const { workloads, problems } = await list(`- ${yaml}\n`, { defaults: DEFAULTS })
    assert.deepEqual(problems, [])
    assert.deepEqual(workloads[0]?.settings, { ...DEFAULTS, ...expected })
  })

const BAD: readonly [yaml: string, problem: RegExp][] = [
  ['- name: a\n  include_tag: [x]', /^a: list\.yml:2, field "include_tag": .* Did you mean "include_tags"\?$/],
  ['- name: a\n\n  sort_tags: newest', /^a: list\.yml:3, field "sort_tags": unknown sort tags type "newest"/],
  ['- name: a\n  notify_on: [never]', /field "notify_on": unknown notify status "never"/],
  ['- name: a\n  max_tags: many', /field "max_tags": "many" is not a whole number/],
  ['- name: a\n  watch_repo: maybe', /field "watch_repo": "maybe" is neither/],
  ['- name: a\n  include_tags: ["(?=x)"]', /field "include_tags": .*look-around/],
  ['- name: a\n  include_tags: {x: y}', /field "include_tags": \{"x":"y"\} is not a text/],
  ['- name: a\n  platform: {cpu: arm}', /field "platform": .*os, arch and variant/],
  ['- name: a\n  metadata: [x]', /field "metadata"/],
  ['- name: a\n  name: b', /list\.yml:2, field "name": It is there twice/],
  ['- regopt: a', /^list\.yml:1: list\.yml:1: The entry has no name/],
  ['- Bad Name', /list\.yml:1: An entry of a watch list has fields/],
  ['- name: Bad Name', /^Bad Name: list\.yml:1: "Bad Name" is not an image reference/],
]

for (const [yaml, problem] of BAD)
  test(`"${yaml.replace(/\s+/g, ' ')}" is told about with its line, and the next entry is watched`, async () => {
    const { workloads, problems } = await list(`${yaml}\n- name: good\n`)
    assert.deepEqual(
      workloads.map(({ name }) => name),
      ['good'],
    )
    assert.equal(problems.length, 1)
    assert.match(problems[0]?.replace(/\/\S*list/g, 'list') ?? '', problem)
  })

test('a whole watch list reads as it is written', async () => {
  const { workloads, problems } = await list(`
# Hub
- name: docker.io/crazymax/nextcloud:latest
  regopt: myregistry
- name: crazymax/swarm-cronjob
  watch_repo: true
  sort_tags: semver
  include_tags:
    - ^1\\.2\\..*
- &portainer
  name: docker.io/portainer/portainer
  watch_repo: true
  max_tags: 10
- name: alpine
  platform:
    os: linux
    arch: arm64
    variant: v8
  metadata:
    owner: ops
    ticket: 42
- name: lscr.io/linuxserver/heimdall
  hub_link: https://fleet.linuxserver.io/image?name=linuxserver/heimdall
`)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    workloads.map(({ id, platform, metadata }) => [id, formatPlatform(platform), metadata]),
    [
      ['file/list.yml/docker.io/crazymax/nextcloud:latest', 'linux/amd64', {}],
      ['file/list.yml/crazymax/swarm-cronjob', 'linux/amd64', {}],
      ['file/list.yml/docker.io/portainer/portainer', 'linux/amd64', {}],
      ['file/list.yml/alpine', 'linux/arm64', { owner: 'ops', ticket: '42' }],
      ['file/list.yml/lscr.io/linuxserver/heimdall', 'linux/amd64', {}],
    ],
  )
})

test('the metadata of the defaults does not reach watch lists', async () => {
  const { workloads } = await list('- name: a\n', { defaultMetadata: { team: 'ops' } })
  assert.deepEqual(workloads[0]?.metadata, {})
})

for (const [yaml, host, expected] of [
  ['', 'linux/arm/v7', 'linux/arm/v7'],
  ['platform: {arch: amd64}', 'linux/arm/v7', 'linux/amd64'],
  ['platform: {os: windows}', 'linux/amd64', 'windows/amd64'],
  ['platform: {variant: v6}', 'linux/arm/v7', 'linux/arm/v6'],
  ['platform: {os: linux, arch: x86_64}', 'linux/arm64', 'linux/amd64'],
] as const)
  test(`"${yaml}" on ${host} is watched for ${expected}`, async () => {
    const [osName = '', architecture = '', variant] = host.split('/')
    const platform = { os: osName, architecture, ...(variant ? { variant } : {}) }
    const { workloads } = await list(`- name: a\n  ${yaml}\n`, { platform })
    assert.equal(formatPlatform(workloads[0]!.platform), expected)
  })

test('one image for two platforms, and twice by mistake, keeps every entry apart', async () => {
  const { workloads } = await list('- name: a\n- name: a\n  platform: {arch: arm64}\n- name: a\n- name: b\n')
  assert.deepEqual(
    workloads.map(({ id }) => id),
    [
      'file/list.yml/a (linux/amd64)',
      'file/list.yml/a (linux/arm64)',
      'file/list.yml/a (linux/amd64) #2',
      'file/list.yml/b',
    ],
  )
})

for (const content of ['', '# nothing yet\n', '[]'])
  test(`an empty list (${JSON.stringify(content)}) watches nothing`, async () => {
    assert.deepEqual(await list(content), { workloads: [], problems: [] })
  })

for (const [content, message] of [
  ['- name: a\n  b: [\n', /not valid YAML/],
  ['name: a\n', /is a list of images/],
  ['- name: a\n---\n- name: b\n', /not valid YAML/],
] as const)
  test(`a list that cannot be read (${JSON.stringify(content)}) is a failure with its line`, async () => {
    await assert.rejects(
      list(content),
      (error) => error instanceof Failure && message.test(error.message) && /list\.yml:\d+$/.test(error.where ?? ''),
    )
  })

test('a folder is read in the order of its names; a broken list spoils no other', async () => {
  await using folder = await temporary({
    'dockerhub.YML': '- name: traefik\n',
    'bintray.yml': '- name: docker.bintray.io/jfrog/xray-server:2.8.6\n',
    'broken.yaml': '- [\n',
    'quay.yaml': '- name: quay.io/coreos/hyperkube\n',
    'notes.txt': 'not a list',
  })
  await mkdir(path.join(folder.path, 'deeper'))
  await writeFile(path.join(folder.path, 'deeper', 'no.yml'), '- name: no\n')
  const given = { directory: folder.path, filename: '/nowhere' }
  const { workloads, problems } = await file
    .create(file.options.parse(given), PROVIDER_PARTS)
    .list(AbortSignal.timeout(10_000))
  assert.deepEqual(
    workloads.map(({ name }) => name),
    ['docker.bintray.io/jfrog/xray-server:2.8.6', 'traefik', 'quay.io/coreos/hyperkube'],
  )
  assert.deepEqual(
    problems.map(({ workload }) => workload),
    ['broken.yaml'],
  )
})

test('what is written later is read at the next look', async () => {
  await using folder = await temporary({ 'list.yml': '- name: a\n' })
  const filename = path.join(folder.path, 'list.yml')
  const provider = file.create(file.options.parse({ filename }), PROVIDER_PARTS)
  await provider.list(AbortSignal.timeout(10_000))
  await writeFile(filename, '- name: b\n')
  const { workloads } = await provider.list(AbortSignal.timeout(10_000))
  assert.equal(workloads[0]?.name, 'b')
})

test('neither file nor folder is refused', () => {
  assert.equal(file.options.safeParse({}).success, false)
})
