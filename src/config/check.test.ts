// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in config files.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAMILIES, readFrom, readText } from './_fixtures.ts'
import { checkConfig, formatProblems } from './check.ts'

const OK = 'providers: {docker: true}\n'

const WRONG: [what: string, yaml: string, lines: string[]][] = [
  [
    'an unknown key is named with the nearest known one',
    `${OK}notif:\n  mail:\n    to: a@b\n    prot: 1\n`,
    ['seaworthy.yml:5:5: notif.mail.prot is not known here. Did you mean port?'],
  ],
  [
    'a key that looks like nothing gets the list of a small section',
    `${OK}db: {zzzzz: 1}\n`,
    ['seaworthy.yml:2:6: db.zzzzz is not known here. Known here: path.'],
  ],
  [
    'an unknown key at the top',
    `${OK}notify: {}\n`,
    ['seaworthy.yml:2:1: notify is not known here. Did you mean notif?'],
  ],
  [
    'a member that nobody has',
    'providers:\n  dcoker: {}\n',
    ['seaworthy.yml:2:3: providers.dcoker is not known here. Did you mean docker?'],
  ],
  [
    'a number that is none',
    `${OK}watch: {workers: many}\n`,
    ['seaworthy.yml:2:9: watch.workers: "many" is not a whole number.'],
  ],
  ['a number too small', `${OK}watch: {workers: 0}\n`, ['seaworthy.yml:2:9: watch.workers must be 1 or more.']],
  [
    'words of YAML 1.1 are no booleans',
    `${OK}watch:\n  runOnStartup: yes\n`,
    ['seaworthy.yml:3:3: watch.runOnStartup: "yes" is neither true nor false.'],
  ],
  [
    'a duration that is none',
    `${OK}watch: {jitter: soon}\n`,
    ['seaworthy.yml:2:9: watch.jitter: "soon" is not a duration;'],
  ],
  [
    'a choice that is none',
    `${OK}defaults:\n  sortTags: revers\n`,
    [
      'seaworthy.yml:3:3: defaults.sortTags must be one of default, reverse, lexicographical, semver. Did you mean reverse?',
    ],
  ],
  [
    'an item of a list of choices',
    `${OK}defaults:\n  notifyOn:\n    - new\n    - updates\n`,
    ['seaworthy.yml:5:7: defaults.notifyOn[1] must be one of new, update. Did you mean update?'],
  ],
  [
    'a pattern that RE2 refuses',
    `${OK}defaults:\n  includeTags: ["^v1", "(?=x)"]\n`,
    ['seaworthy.yml:3:24: defaults.includeTags[1]: the regular expression "(?=x)" cannot be used:'],
  ],
  [
    'a schedule that is none',
    `${OK}watch:\n  schedule: "0 25 * * *"\n`,
    ['seaworthy.yml:3:3: watch.schedule: "0 25 * * *" is not a schedule: invalid value for hour: 25.'],
  ],
  [
    'a time zone that is none',
    `${OK}watch:\n  timezone: Europe/Atlantis\n`,
    ['seaworthy.yml:3:3: watch.timezone: "Europe/Atlantis" is not a time zone; write it as Europe/Berlin or UTC.'],
  ],
  [
    'healthchecks without a UUID',
    `${OK}watch:\n  healthchecks:\n    baseURL: http://hc\n`,
    ['seaworthy.yml:3:3: watch.healthchecks.uuid is missing; set uuid or uuidFile.'],
  ],
  [
    'a channel without what it needs',
    `${OK}notif:\n  mail:\n    host: smtp\n`,
    ['seaworthy.yml:3:3: notif.mail.to is missing.'],
  ],
  [
    'an entry of a list',
    `${OK}regopts:\n  - name: a\n  - selector: image\n`,
    ['seaworthy.yml:4:5: regopts[1].name is missing.'],
  ],
  [
    'channels are counted when there are several',
    `${OK}notif:\n  mail:\n    - to: a@b\n    - to: a@b\n      port: x\n`,
    ['seaworthy.yml:6:7: notif.mail[1].port: "x" is not a whole number.'],
  ],
  [
    'two channels of one name',
    `${OK}notif:\n  mail:\n    - {to: a, name: ops}\n    - {to: b, name: ops}\n`,
    ['seaworthy.yml:5:7: There are two channels with the name ops.'],
  ],
  [
    'two places of one name',
    'providers:\n  docker:\n    - {name: a}\n    - {name: b}\n    - {name: a}\n',
    ['seaworthy.yml:5:7: There are two sections of providers.docker with the name a. Give each a name of its own.'],
  ],
  ['a text where keys belong', `${OK}watch: often\n`, ['seaworthy.yml:2:8: watch must hold keys with values.']],
  [
    'a section where a text belongs',
    `${OK}db: {path: {a: b}}\n`,
    ['seaworthy.yml:2:12: db.path must be a single value.'],
  ],
  ['a section where a list belongs', `${OK}regopts: {name: x}\n`, ['seaworthy.yml:2:10: regopts must be a list.']],
  ['a file that is one text', 'hello there\n', ['seaworthy.yml:1:1: The file must hold keys with values.']],
  [
    'a key twice',
    `${OK}db: {path: a}\ndb: {path: b}\n`,
    ['seaworthy.yml:3:1: This is not YAML: this key is there twice.'],
  ],
  ['a key twice in other capitals', `${OK}db: {path: a}\nDB: {path: b}\n`, ['seaworthy.yml:3:1: db is there twice.']],
  ['tabs', `${OK}db:\n\tpath: x\n`, ['seaworthy.yml:3:1: This is not YAML: a tab stands where only spaces may']],
  [
    'a second colon',
    `${OK}db: {path: x}\nwatch: schedule: x\n`,
    ['seaworthy.yml:3:8: This is not YAML: there is a second colon'],
  ],
  ['a quote that is not closed', `${OK}db:\n  path: "x\n`, ['seaworthy.yml:4:1: This is not YAML: a closing quote']],
  [
    'an alias of nothing',
    `${OK}db:\n  path: *x\n`,
    ['seaworthy.yml:3:9: This is not YAML: this alias has no anchor before it.'],
  ],
  [
    'a variable that is required',
    `${OK}db: {path: "\${DB:?where?}"}\n`,
    ['seaworthy.yml:2:12: db.path needs the variable DB: where?.'],
  ],
  [
    'everything at once, in the order of the file',
    'db: {pth: x}\nwatch: {workers: x, jitter: y}\nproviders: {file: {}}\n',
    [
      'seaworthy.yml:1:6: db.pth',
      'seaworthy.yml:2:9: watch.workers',
      'seaworthy.yml:2:21: watch.jitter',
      'seaworthy.yml:3:13: providers.file.filename is missing.',
    ],
  ],
]

for (const [what, yaml, expected] of WRONG) {
  test(`refused: ${what}`, () => {
    const { loaded, lines } = readText(yaml)
    assert.equal(loaded, undefined)
    assert.deepEqual(
      lines
        .filter((line) => !line.includes(': note: '))
        .map((line, index) => line.slice(0, expected[index]?.length ?? 0)),
      expected,
    )
  })
}

const NOTED: [what: string, yaml: string, lines: string[]][] = [
  [
    'what Diun has and we have not yet is left out',
    `providers:\n  docker: {watchSwarm: true}\n  swarm: {endpoint: x}\nnotif:\n  amqp:\n    host: h\n`,
    [
      'seaworthy.yml:2:12: note: providers.docker.watchSwarm is left out: Swarm services are not watched in this version.',
      'seaworthy.yml:3:3: note: providers.swarm is not available in this version and is left out.',
      'seaworthy.yml:5:3: note: notif.amqp is not available in this version and is left out.',
    ],
  ],
  ['what is switched off needs no word', 'providers: {docker: {watchSwarm: false}}\n', []],
  [
    'a bare number for a duration',
    `${OK}watch:\n  jitter: 10\n`,
    ['seaworthy.yml:3:11: note: watch.jitter: 10 without a unit is 10 nanoseconds. Write 10s for seconds.'],
  ],
  ['no duration at all needs no unit', `${OK}watch:\n  jitter: 0\n`, []],
  [
    'a channel whose values are empty is left out',
    `${OK}notif:\n  push:\n    endpoint: \${PUSH_URL}\n    token: \${PUSH_TOKEN}\n`,
    [
      'seaworthy.yml:3:3: note: notif.push is left out: no value for endpoint. Give a value',
      'seaworthy.yml:4:15: note: The variable PUSH_URL is not set.',
      'seaworthy.yml:5:12: note: The variable PUSH_TOKEN is not set.',
    ],
  ],
  [
    'a channel whose secret comes from elsewhere, and does not, is left out',
    `${OK}notif:\n  push:\n    endpoint: http://p\n`,
    ['seaworthy.yml:3:3: note: notif.push is left out: no value for token. Give a value'],
  ],
  [
    'an entry of regopts without a name is left out',
    `${OK}regopts:\n  - name: ""\n    username: x\n`,
    ['seaworthy.yml:3:5: note: regopts[0] is left out: its name is empty.'],
  ],
  [
    'a registry without a selector is used both ways',
    `${OK}regopts:\n  - name: ghcr.io\n`,
    [
      'seaworthy.yml:3:5: note: regopts[0] has no selector: it is used for all images of ghcr.io, as well as by name. Set',
    ],
  ],
  [
    'a file of a secret that is not there',
    `${OK}server:\n  tokenFile: /run/secrets/token\n`,
    ['seaworthy.yml:3:3: note: server.tokenFile: the file /run/secrets/token cannot be read now.'],
  ],
  [
    'no provider',
    'db: {path: x}\n',
    ['seaworthy.yml: note: No provider is configured, so all containers of the local Docker are watched.'],
  ],
]

for (const [what, yaml, expected] of NOTED) {
  test(`noted: ${what}`, () => {
    const { loaded, lines } = readText(yaml)
    assert.notEqual(loaded, undefined, lines.join('\n'))
    assert.deepEqual(
      lines.map((line, index) => line.slice(0, expected[index]?.length ?? 0)),
      expected,
    )
  })
}

test('no value of a secret gets into a problem', () => {
  const cases = [
    `${OK}notif:\n  push: {endpoint: http://p, token: "hunter2!"}\n`,
    `${OK}notif:\n  push: {endpoint: "hunter2!", token: "hunter2!"}\n`,
    `${OK}notif:\n  push: {endpoint: http://p, token: [hunter2!]}\n`,
    `${OK}notif:\n  push: {endpoint: http://p, token: {hunter2!: x}}\n`,
    `${OK}notif:\n  push:\n    token: "hunter2!" hunter2!\n`,
    `${OK}notif:\n  push:\n    token: 'a\n hunter2!\n`,
    `${OK}notif:\n  push:\n    token: *hunter2!\n`,
    `${OK}notif:\n  push:\n    token: |hunter2!\n`,
    `${OK}notif:\n  push:\n    token: "\\uhunter2!"\n`,
    `${OK}notif:\n  push:\n    token: !hunter2! x\n`,
    `${OK}notif:\n  push:\n    token: x: hunter2!\n`,
    `- a\ntoken: "hunter2!"\n`,
  ]
  for (const yaml of cases) {
    const { loaded, lines } = readText(yaml)
    assert.equal(loaded, undefined)
    assert.ok(lines.length > 0)
    assert.doesNotMatch(lines.join('\n'), /hunter2/, yaml)
  }
})

test('the check tells a missing file as a problem too', () => {
  const problems = checkConfig({
    path: 'nowhere.yml',
    env: {},
    cwd: '/srv',
    home: '/home/me',
    readFile: readFrom({}),
    families: FAMILIES,
  })
  assert.match(
    formatProblems(problems),
    /^There is no config file at nowhere\.yml\. Check the path that --config gives/,
  )
})

test('the check compiles the templates of every channel', () => {
  const yaml = `${OK}notif:\n  mail:\n    to: a@b\n    templateBody: "{{ range }}"\n`
  const input = { env: {}, cwd: '/srv', home: '/home/me', families: FAMILIES }
  const problems = checkConfig({ ...input, readFile: readFrom({ '/srv/seaworthy.yml': yaml }) })
  assert.equal(problems.length, 1)
  assert.match(
    formatProblems(problems),
    /^seaworthy\.yml:5:5: notif\.mail\.templateBody, line 1, column \d+: The template cannot be read: /,
  )
})

test('aliases that stand for more than any memory holds are not written out', () => {
  const lists = Array.from({ length: 9 }, (_, n) => `  a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(10)}]\n`)
  const maps = Array.from({ length: 12 }, (_, n) => `  m${n + 1}: &m${n + 1} {<<: [${`*m${n},`.repeat(10)}]}\n`)
  const bombs = `x-bombs:\n  a0: &a0 [x]\n${lists.join('')}  m0: &m0 {level: debug}\n${maps.join('')}`
  const { loaded, lines } = readText(`${OK}${bombs}log: *m12\nnotif: {matrix: *a9}\n`)
  assert.equal(loaded?.config.log.level, 'debug')
  assert.match(lines.join(), /notif\.matrix is not available in this version/)
})
