import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeError, Failure } from './failure.ts'
import { type LabelReading, readLabels } from './labels.ts'
import { DEFAULT_SETTINGS, type WatchSettings } from './workload.ts'

const OPTIONS = {
  watchByDefault: true,
  platform: { os: 'linux', architecture: 'amd64' },
  checkRegex: (source: string) => (source.includes('(?=') ? 'look-ahead is missing in RE2' : undefined),
  parseDuration: (text: string) => ({ '3d': 259_200_000, '12h': 43_200_000, '0': 0 })[text],
}

function read(labels: Record<string, string>, defaults: Partial<WatchSettings> = {}, watchByDefault = true) {
  return readLabels(labels, { ...DEFAULT_SETTINGS, ...defaults }, { ...OPTIONS, watchByDefault })
}

/** What differs from the built-in defaults. */
function changed({ settings }: LabelReading): Partial<WatchSettings> {
  const plain: Record<string, unknown> = { ...DEFAULT_SETTINGS }
  return Object.fromEntries(
    Object.entries(settings).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(plain[key])),
  )
}

for (const [labels, watchByDefault, enabled] of [
  [{}, true, true],
  [{}, false, false],
  [{ 'diun.enable': 'true' }, false, true],
  [{ 'diun.enable': 'false' }, true, false],
  [{ 'diun.enable': 'T' }, false, true],
  [{ 'diun.enable': '0' }, true, false],
  [{ 'seaworthy.enable': 'true' }, false, true],
  [{ 'seaworthy.enable': 'true', 'diun.enable': 'false' }, false, true],
  [{ 'seaworthy.enable': 'false', 'diun.enable': 'true' }, true, false],
  // Of what is not watched nothing else matters.
  [{ 'diun.enable': 'false', 'diun.max_tags': 'chickens' }, true, false],
  [{ 'diun.max_tags': 'chickens' }, false, false],
] as const)
  test(`${JSON.stringify(labels)} with watchByDefault ${watchByDefault}: ${enabled ? '' : 'not '}watched`, () => {
    assert.equal(read(labels, {}, watchByDefault).enabled, enabled)
  })

const GIVEN: readonly [Record<string, string>, Partial<WatchSettings>, Partial<WatchSettings>][] = [
  [{ 'diun.regopt': 'foo' }, {}, { regopt: 'foo' }],
  [{ 'diun.regopt': '' }, {}, { regopt: '' }],
  [{}, { watchRepo: true }, { watchRepo: true }],
  [{ 'diun.watch_repo': 'false' }, { watchRepo: true }, {}],
  [{ 'diun.watch_repo': 'true' }, { watchRepo: false }, { watchRepo: true }],
  [{ 'diun.notify_on': 'new' }, {}, { notifyOn: ['new'] }],
  [{ 'diun.notify_on': 'new;update' }, { notifyOn: ['new'] }, {}],
  [{ 'diun.notify_on': '' }, {}, {}],
  [{}, { notifyOn: ['new'] }, { notifyOn: ['new'] }],
  [{ 'diun.notify_on': '' }, { notifyOn: ['new'] }, { notifyOn: ['new'] }],
  [{ 'diun.notify_on': 'update' }, { notifyOn: ['new'] }, { notifyOn: ['update'] }],
  [{ 'diun.sort_tags': 'semver' }, {}, { sortTags: 'semver' }],
  [{ 'diun.sort_tags': '' }, {}, {}],
  [{}, { sortTags: 'semver' }, { sortTags: 'semver' }],
  [{ 'diun.sort_tags': 'reverse' }, { sortTags: 'semver' }, {}],
  [{ 'diun.max_tags': '10' }, {}, { maxTags: 10 }],
  [{}, { maxTags: 10 }, { maxTags: 10 }],
  [{ 'diun.max_tags': '11' }, { maxTags: 10 }, { maxTags: 11 }],
  [{ 'diun.include_tags': 'alpine;ubuntu' }, {}, { includeTags: ['alpine', 'ubuntu'] }],
  [{ 'diun.include_tags': '' }, {}, { includeTags: [''] }],
  [{ 'diun.include_tags': ' a' }, {}, { includeTags: [' a'] }],
  [{}, { includeTags: ['alpine'] }, { includeTags: ['alpine'] }],
  [{ 'diun.include_tags': 'ubuntu' }, { includeTags: ['alpine'] }, { includeTags: ['ubuntu'] }],
  [{ 'diun.exclude_tags': 'alpine;ubuntu' }, {}, { excludeTags: ['alpine', 'ubuntu'] }],
  [{}, { excludeTags: ['alpine'] }, { excludeTags: ['alpine'] }],
  [{ 'diun.exclude_tags': 'ubuntu' }, { excludeTags: ['alpine'] }, { excludeTags: ['ubuntu'] }],
  [{ 'diun.hub_tpl': 'foo' }, {}, { hubTpl: 'foo' }],
  [{ 'diun.hub_tpl': '' }, {}, { hubTpl: '' }],
  [{ 'diun.hub_link': 'foo' }, {}, { hubLink: 'foo' }],
  [{ 'diun.hub_link': '' }, {}, { hubLink: '' }],
  [{ 'diun.unknown': 'x', 'other.label': 'y' }, {}, {}],
  [{ 'seaworthy.max_tags': '5', 'diun.max_tags': 'chickens' }, {}, { maxTags: 5 }],
  [{ 'seaworthy.policy': 'minor' }, {}, { policy: 'minor' }],
  // Diun has no such label.
  [{ 'diun.policy': 'minor' }, {}, {}],
  [{ 'seaworthy.minimum_age': '3d' }, {}, { minimumAgeMs: 259_200_000 }],
  [{ 'seaworthy.minimum_age': '0' }, { minimumAgeMs: 5 }, {}],
  [{ 'seaworthy.select': 'family' }, { select: { by: 'semver', prefix: '' } }, {}],
  [{ 'seaworthy.select': 'glob:1.*' }, {}, { select: { by: 'glob', pattern: '1.*' } }],
  [{ 'seaworthy.select': 'regex:^a:b$' }, {}, { select: { by: 'regex', pattern: '^a:b$' } }],
  [{ 'seaworthy.select': 'semver' }, {}, { select: { by: 'semver', prefix: '' } }],
  [{ 'seaworthy.select': 'semver:v' }, {}, { select: { by: 'semver', prefix: 'v' } }],
  [{ 'seaworthy.select': 'digest-of:latest:^v' }, {}, { select: { by: 'digest-of', tag: 'latest', pattern: '^v' } }],
  [{ 'seaworthy.internal.update': '42' }, {}, {}],
]

for (const [labels, defaults, expected] of GIVEN)
  test(`${JSON.stringify(labels)} over ${JSON.stringify(defaults)} gives ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(changed(read(labels, defaults)), expected)
  })

for (const [labels, kept, warnings] of [
  [{ 'diun.exclude_tags': '' }, ['default'], 1],
  [{ 'seaworthy.exclude_tags': 'a;' }, ['a'], 1],
  [{ 'diun.exclude_tags': 'a' }, ['a'], 0],
] as const)
  test(`an empty exclude expression is warned about and ignored: ${JSON.stringify(labels)}`, () => {
    const reading = read(labels, { excludeTags: ['default'] })
    assert.deepEqual(reading.settings.excludeTags, kept)
    assert.equal(reading.warnings.length, warnings)
  })

const REFUSED: readonly [Record<string, string>, RegExp][] = [
  [{ 'diun.enable': 'chickens' }, /label "diun\.enable": "chickens" is neither/],
  [{ 'diun.enable': '' }, /label "diun\.enable": "" is neither/],
  [{ 'diun.watch_repo': 'chickens' }, /label "diun\.watch_repo": "chickens"/],
  [{ 'diun.notify_on': 'chickens' }, /unknown notify status "chickens"/],
  [{ 'diun.notify_on': 'new;' }, /unknown notify status ""/],
  [{ 'diun.notify_on': 'updates' }, /did you mean "update"/],
  [{ 'diun.sort_tags': 'chickens' }, /unknown sort tags type "chickens"/],
  [{ 'diun.max_tags': 'chickens' }, /label "diun\.max_tags": "chickens" is not a whole number/],
  [{ 'diun.max_tags': '' }, /label "diun\.max_tags": ""/],
  [{ 'diun.platform': 'chickens' }, /label "diun\.platform": "chickens" is not a platform/],
  [{ 'diun.platform': '' }, /label "diun\.platform": ""/],
  [{ 'diun.include_tags': 'a;(?=b)' }, /label "diun\.include_tags": .*"\(\?=b\)".*look-ahead/],
  [{ 'diun.exclude_tags': '(?=b)' }, /label "diun\.exclude_tags"/],
  [{ 'diun.metadata.lots of chickens': 'bar' }, /invalid metadata key "lots of chickens"/],
  [{ 'seaworthy.policy': 'majr' }, /label "seaworthy\.policy": unknown policy "majr", did you mean "major"/],
  [{ 'seaworthy.minimum_age': '3 days' }, /label "seaworthy\.minimum_age": "3 days"/],
  // Without a unit nobody can know what was meant.
  [{ 'seaworthy.minimum_age': '3' }, /label "seaworthy\.minimum_age": "3"/],
  [{ 'seaworthy.select': 'globs' }, /label "seaworthy\.select": "globs"/],
  [{ 'seaworthy.select': 'glob:' }, /label "seaworthy\.select": "glob:"/],
  [{ 'seaworthy.select': 'regex:(?=x)' }, /look-ahead/],
  [{ 'seaworthy.select': 'digest-of:latest' }, /"digest-of:latest"/],
  [{ 'seaworthy.polcy': 'minor' }, /label "seaworthy\.polcy": .*"minor".* Did you mean seaworthy\.policy\?/],
  [{ 'seaworthy.enabled': 'true' }, /Did you mean seaworthy\.enable\?/],
]

for (const [labels, message] of REFUSED)
  test(`${JSON.stringify(labels)} is refused by name and value`, () => {
    assert.throws(
      () => read(labels),
      (error) => error instanceof Failure && message.test(describeError(error)),
    )
  })

test('a misspelt label of ours is told about even where nothing is watched by default', () => {
  assert.throws(() => read({ 'seaworthy.enabled': 'true' }, {}, false), /no label of that name/)
})

for (const [labels, expected] of [
  [{ 'diun.platform': 'linux/arm/v7' }, { os: 'linux', architecture: 'arm', variant: 'v7' }],
  [{ 'diun.platform': 'arm64' }, { os: 'linux', architecture: 'arm64' }],
  [
    { 'seaworthy.platform': 'linux/amd64', 'diun.platform': 'chickens' },
    { os: 'linux', architecture: 'amd64' },
  ],
  [{}, undefined],
] as const)
  test(`${JSON.stringify(labels)} asks for the platform ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(read(labels).platform, expected)
  })

for (const [labels, expected] of [
  [{ 'diun.metadata.foo123': 'bar' }, { foo123: 'bar' }],
  [{ 'diun.metadata.': 'bar', 'diun.metadata.foo123': '' }, {}],
  [
    { 'diun.metadata.a': '1', 'seaworthy.metadata.a': '2', 'seaworthy.metadata.b': '3' },
    { a: '2', b: '3' },
  ],
] as const)
  test(`${JSON.stringify(labels)} carries the metadata ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(read(labels).metadata, expected)
  })

test('labels of other tools never change anything', () => {
  const foreign = fc.string().filter((name) => !/^(?:diun|seaworthy)\./.test(name))
  fc.assert(
    fc.property(fc.dictionary(foreign, fc.string()), (labels) => {
      assert.deepEqual(read(labels), read({}))
    }),
  )
})
