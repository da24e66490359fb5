import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Case, update, updateAgain } from './fixtures/specs.ts'
import type { Json, JsonObject } from './types.ts'

interface Row extends Case {
  readonly name: string
  /** What the new container's Config says in the end. */
  readonly becomes: JsonObject
}

const CHECK = {
  Test: ['CMD', 'curl', '-f', 'localhost'],
  Interval: 5e9,
  Timeout: 1e9,
  StartPeriod: 2e9,
  StartInterval: 1e9,
  Retries: 3,
}
const USERS_CHECK = { ...CHECK, Test: ['CMD', 'x', 'y z'], Timeout: 500_000_000 }

const ROWS: Row[] = [
  {
    name: 'R01 variables only from the image become those of the new one',
    old: { Env: ['VERSION=1', 'REMOVED=x'] },
    new: { Env: ['VERSION=2', 'ADDED=y'] },
    becomes: { Env: ['VERSION=2', 'ADDED=y'] },
  },
  {
    name: 'R02 variables of the user survive, first in their order',
    body: { Env: ['USERSET=1', 'VERSION=user'] },
    old: { Env: ['VERSION=1', 'OTHER=1'] },
    new: { Env: ['VERSION=2', 'OTHER=2'] },
    becomes: { Env: ['USERSET=1', 'VERSION=user', 'OTHER=2'] },
  },
  {
    name: 'R02 a variable that the user took away stays away',
    body: { Env: ['PROXY'] },
    old: { Env: ['PROXY=a'] },
    new: { Env: ['PROXY=b'] },
    becomes: { Env: ['PROXY'] },
  },
  {
    name: 'R02 two entries for one name stay together',
    body: { Env: ['A=2', 'A=1'] },
    old: { Env: ['A=1'] },
    becomes: { Env: ['A=2', 'A=1'] },
  },
  {
    name: "R03 a value that equals the old image's default becomes the new default",
    body: { Env: ['SHARED=a'], Labels: { shared: 'a' } },
    old: { Env: ['SHARED=a'], Labels: { shared: 'a' } },
    new: { Env: ['SHARED=b'], Labels: { shared: 'b' } },
    becomes: { Env: ['SHARED=b'], Labels: { shared: 'b' } },
  },
  {
    name: 'R03 unless it is pinned',
    body: { Env: ['SHARED=a'], Labels: { shared: 'a' } },
    old: { Env: ['SHARED=a'], Labels: { shared: 'a' } },
    new: { Env: ['SHARED=b'], Labels: { shared: 'b' } },
    options: { pins: ['env:SHARED', 'label:shared'] },
    becomes: { Env: ['SHARED=a'], Labels: { shared: 'a' } },
  },
  {
    name: 'R04 the command is the new image’s',
    old: { Entrypoint: ['/old'], Cmd: ['a'] },
    new: { Entrypoint: ['/new'], Cmd: ['b'] },
    becomes: { Entrypoint: ['/new'], Cmd: ['b'] },
  },
  {
    name: 'R05 a Cmd of the user goes with the new entrypoint',
    body: { Cmd: ['sh', '-c', 'echo  a b'] },
    old: { Entrypoint: ['/old', '-x', '--'], Cmd: ['a'] },
    new: { Entrypoint: ['/new', '-y', '--'], Cmd: ['b'] },
    becomes: { Entrypoint: ['/new', '-y', '--'], Cmd: ['sh', '-c', 'echo  a b'] },
  },
  {
    name: 'R06 an entrypoint of the user keeps its arguments',
    body: { Entrypoint: ['tini', '--'], Cmd: ['a'] },
    old: { Entrypoint: ['/old'], Cmd: ['a'] },
    new: { Entrypoint: ['/new'], Cmd: ['b'] },
    becomes: { Entrypoint: ['tini', '--'], Cmd: ['a'] },
  },
  {
    name: 'R06 an entrypoint of the user without arguments gets none of the image’s',
    body: { Entrypoint: ['/own'] },
    old: { Entrypoint: ['/old'], Cmd: ['a'] },
    new: { Entrypoint: ['/new'], Cmd: ['b'] },
    becomes: { Entrypoint: ['/own'], Cmd: null },
  },
  {
    name: 'R06 also where it is the image’s own, written out',
    body: { Entrypoint: ['/old'] },
    old: { Entrypoint: ['/old'], Cmd: ['a'] },
    new: { Entrypoint: ['/new'], Cmd: ['b'] },
    becomes: { Entrypoint: ['/old'], Cmd: null },
  },
  {
    name: 'R06 an entrypoint that was cleared as --entrypoint "" stays cleared',
    body: { Entrypoint: [''], Cmd: ['a', 'b'] },
    old: { Entrypoint: ['/old'] },
    new: { Entrypoint: ['/new'] },
    becomes: { Entrypoint: null, Cmd: ['a', 'b'] },
  },
  {
    name: 'R06 an entrypoint that was cleared as [] stays cleared',
    body: { Entrypoint: [], Cmd: ['a', 'b'] },
    old: { Entrypoint: null },
    new: { Entrypoint: ['/new'] },
    becomes: { Entrypoint: [], Cmd: ['a', 'b'] },
  },
  {
    name: 'R07 labels: the user’s stay, the image’s move on, dropped ones go',
    body: { Labels: { own: '1', both: 'user', empty: '' } },
    old: { Labels: { both: 'image', version: '1', dropped: 'x' } },
    new: { Labels: { both: 'image', version: '2', added: 'y' } },
    becomes: { Labels: { own: '1', both: 'user', version: '2', added: 'y', empty: '' } },
  },
  {
    name: 'C01 the labels of compose are the container’s, also if its image has the same',
    body: { Labels: { 'com.docker.compose.project': 'p', 'com.docker.compose.image': 'sha256:old' } },
    old: { Labels: { 'com.docker.compose.project': 'p' } },
    new: { Labels: { 'com.docker.compose.project': 'other' } },
    options: { labels: { 'com.docker.compose.image': 'sha256:new' } },
    becomes: { Labels: { 'com.docker.compose.project': 'p', 'com.docker.compose.image': 'sha256:new' } },
  },
  {
    name: 'what an earlier update wrote on the container goes',
    body: { Labels: { 'seaworthy.internal.update': '1', 'seaworthy.internal.odd': '1' } },
    options: { labels: { 'seaworthy.internal.update': '2' } },
    becomes: { Labels: { 'seaworthy.internal.update': '2' } },
  },
  {
    name: 'R08 a published port stays, exposed ones are the new image’s',
    body: {
      ExposedPorts: { '8080/tcp': {} },
      HostConfig: { PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '18080' }] } },
    },
    old: { ExposedPorts: { '8080/tcp': {}, '7070/tcp': {} } },
    new: { ExposedPorts: { '9090/tcp': {} } },
    becomes: { ExposedPorts: { '8080/tcp': {}, '9090/tcp': {} } },
  },
  {
    name: 'R08 a port that the user exposes without publishing stays',
    body: { ExposedPorts: { '5000/udp': {} } },
    old: { ExposedPorts: { '8080/tcp': {} } },
    new: {},
    becomes: { ExposedPorts: { '5000/udp': {} } },
  },
  {
    name: 'R09 volumes: the new image’s, and the user’s',
    body: { Volumes: { '/own': {} } },
    old: { Volumes: { '/data': {}, '/gone': {} } },
    new: { Volumes: { '/data': {}, '/cache': {} } },
    becomes: { Volumes: { '/own': {}, '/data': {}, '/cache': {} } },
  },
  {
    name: 'R10 folder, user and stop signal are the new image’s',
    old: { WorkingDir: '/old', User: 'old', StopSignal: 'SIGINT' },
    new: { WorkingDir: '/new', User: 'new', StopSignal: 'SIGQUIT' },
    becomes: { WorkingDir: '/new', User: 'new', StopSignal: 'SIGQUIT' },
  },
  {
    name: 'R11 or the user’s',
    body: { WorkingDir: '/x', User: '1000', StopSignal: 'SIGQUIT', StopTimeout: 7 },
    old: { WorkingDir: '/old', User: 'old', StopSignal: 'SIGINT' },
    new: { WorkingDir: '/new', User: 'new', StopSignal: 'SIGTERM' },
    becomes: { WorkingDir: '/x', User: '1000', StopSignal: 'SIGQUIT', StopTimeout: 7 },
  },
  {
    name: 'R12 a changed health check of the image comes in entirely',
    old: { Healthcheck: CHECK },
    new: { Healthcheck: { Test: ['CMD', 'other'], StartInterval: 9e9 } },
    becomes: { Healthcheck: { Test: ['CMD', 'other'], StartInterval: 9e9 } },
  },
  {
    name: 'R13 a health check that was switched off stays off',
    body: { Healthcheck: { Test: ['NONE'] } },
    old: { Healthcheck: { Test: ['CMD', 'a'] } },
    new: { Healthcheck: { Test: ['CMD', 'b'] } },
    becomes: { Healthcheck: { Test: ['NONE'] } },
  },
  {
    name: 'R14 a health check of the user keeps its array and its half second',
    body: { Healthcheck: USERS_CHECK },
    old: { Healthcheck: CHECK },
    new: { Healthcheck: { ...CHECK, Test: ['CMD', 'new'] } },
    becomes: { Healthcheck: USERS_CHECK },
  },
  {
    name: 'R15 a health check that the new image brings is taken',
    new: { Healthcheck: CHECK },
    becomes: { Healthcheck: CHECK },
  },
  {
    name: 'R18 a chosen hostname and domain stay',
    body: { Hostname: 'web', Domainname: 'ex.org' },
    becomes: { Hostname: 'web', Domainname: 'ex.org' },
  },
  {
    name: 'what does not come from images is passed on, unknown keys too',
    body: { Tty: true, OpenStdin: true, StopTimeout: 0, FutureKey: { a: [1, null] } },
    becomes: { Tty: true, OpenStdin: true, StopTimeout: 0, FutureKey: { a: [1, null] } },
  },
]

describe('what comes from the image and what from the user', () => {
  for (const { name, becomes, ...row } of ROWS)
    for (const api of ['1.41', '1.51'])
      it(`${name} (API ${api})`, () => {
        const { after } = update({ ...row, api })
        assert.deepEqual(pickKeys(after.Config, becomes), becomes)
      })

  for (const { name, becomes, ...row } of ROWS)
    it(`${name}; and the spec foretells it`, () => {
      assert.deepEqual(pickKeys(update(row).spec.expected, becomes), becomes)
    })

  it('R10 the shell of the old image is left out', () => {
    const { spec } = update({
      body: { Shell: ['/bin/ash'] },
      old: { Shell: ['/bin/ash'] },
      new: { Shell: ['/bin/sh'] },
    })
    assert.equal(spec.body.Shell, undefined)
  })

  it('R10 a folder that the engine cleaned is still the image’s', () => {
    const { before } = update({ body: { WorkingDir: '/srv/app' } })
    assert.equal(
      updateAgain(before, { old: { WorkingDir: '/srv//app/' }, new: { WorkingDir: '/new' } }).after.Config.WorkingDir,
      '/new',
    )
  })

  it('R12 a field of 0 is a field that is not there', () => {
    const { before } = update({ body: { Healthcheck: { Test: ['CMD', 'a'], Retries: 0 } } })
    const { spec } = updateAgain(before, { old: { Healthcheck: { Test: ['CMD', 'a'], Interval: 0 } } })
    assert.equal(spec.body.Healthcheck, undefined)
  })

  it('R16 without the old image everything stays, and the plan says so', () => {
    const old = { Env: ['A=1'], Cmd: ['a'], Labels: { l: '1' }, ExposedPorts: { '1/tcp': {} }, WorkingDir: '/a' }
    const now = { Env: ['A=2'], Cmd: ['b'], Labels: { l: '2' }, Entrypoint: ['/new'], WorkingDir: '/b' }
    const { after, spec } = update({ old, new: now, options: { oldImage: undefined } })
    assert.deepEqual(pickKeys(after.Config, { ...old, Entrypoint: null }), { ...old, Entrypoint: null })
    assert.match(spec.notes.join(), /made from is gone/)
  })

  it('R17 a hostname that nobody chose is the new short id', () => {
    const { before, after, spec } = update({ new: { Env: ['A=1'] } })
    assert.equal(after.Config.Hostname, after.Id.slice(0, 12))
    assert.notEqual(after.Config.Hostname, before.Config.Hostname)
    assert.equal(spec.body.Hostname, undefined)
  })

  it('a pin that holds nothing is said', () => {
    const pins = ['env:A', 'env:B', 'label:l', 'label:m', 'A', 'l']
    const { spec } = update({ body: { Env: ['A=1'], Labels: { l: '' } }, options: { pins } })
    assert.deepEqual(
      spec.notes.map((note) => /"(.*)"/.exec(note)?.[1]),
      ['env:B', 'label:m', 'A', 'l'],
    )
  })
})

describe('a hostname that the engine would refuse or did not get from the user', () => {
  const rows: [name: string, body: JsonObject, engine: string | undefined, becomes: Json | undefined][] = [
    ['H04 host mode', { HostConfig: { NetworkMode: 'host' } }, 'machine', undefined],
    ['N11 host mode, a name of its own', { Hostname: 'own', HostConfig: { NetworkMode: 'host' } }, 'machine', 'own'],
    [
      'N11 host mode on a machine that is not known',
      { Hostname: 'own', HostConfig: { NetworkMode: 'host' } },
      undefined,
      undefined,
    ],
    ['N11 no network', { Hostname: 'own', HostConfig: { NetworkMode: 'none' } }, undefined, 'own'],
    ['H04 the machine’s UTS', { HostConfig: { UTSMode: 'host' } }, undefined, undefined],
    ['N12 another container’s network', { HostConfig: { NetworkMode: 'container:vpn' } }, undefined, undefined],
  ]
  for (const [name, body, engine, becomes] of rows)
    it(name, () => {
      const options = engine === undefined ? {} : { engine: { name: engine } }
      assert.equal(update({ body, old: { ExposedPorts: { '1/tcp': {} } }, options }).spec.body.Hostname, becomes)
    })

  it('N12 neither ports nor the provider’s domain go into another container’s network', () => {
    const body = { Domainname: 'ex.org', HostConfig: { NetworkMode: 'container:vpn' } }
    const { before } = update({ body, old: { ExposedPorts: { '1/tcp': {} } } })
    const { spec } = updateAgain(before, { old: {}, new: {} })
    assert.deepEqual([spec.body.ExposedPorts, spec.body.Domainname], [undefined, undefined])
  })
})

function pickKeys(config: JsonObject, wanted: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, config[key]]))
}
