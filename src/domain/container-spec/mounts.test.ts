import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJson } from '../../docker/json.ts'
import { differences } from './differences.ts'
import { containerOf, update, updateAgain } from './fixtures/specs.ts'
import type { InspectedContainer, Json, JsonObject } from './types.ts'

const VOLUME = 'ab'.repeat(32)

describe('HostConfig', () => {
  it('H01 H12 is passed on as it is, with keys that nobody knows and numbers of any length', () => {
    const HostConfig = parseJson(
      '{"NanoCpus":500000000,"MemorySwappiness":null,"Ulimits":[{"Name":"nofile","Hard":9223372036854775807}],' +
        '"DeviceRequests":[{"Driver":"","Count":-1,"Capabilities":[["gpu"]],"Options":{"a":"b"}}],"Init":true,' +
        '"Mounts":[{"Type":"tmpfs","Target":"/t","TmpfsOptions":{"SizeBytes":9223372036854775806,"Mode":448}}],' +
        '"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":4},"FutureKey":{"deep":[null,0,"",false]}}',
    ) as JsonObject
    const { spec } = updateAgain(containerOf({ Name: '/web', HostConfig }), {})
    assert.equal(JSON.stringify(spec.body.HostConfig), JSON.stringify(HostConfig))
    assert.match(JSON.stringify(spec.body), /9223372036854775807.*9223372036854775806/)
  })
})

describe('anonymous volumes', () => {
  it('R09 the new container gets the same ones, and the new image’s besides', () => {
    const { before, after } = update({
      old: { Volumes: { '/data': {} } },
      new: { Volumes: { '/data': {}, '/cache': {} } },
    })
    assert.equal(nameAt(after, '/data'), nameAt(before, '/data'))
    assert.ok(nameAt(after, '/cache'))
  })

  it('R09 one that the new image does not declare any more is kept with what is in it', () => {
    const { before, after } = update({ old: { Volumes: { '/data': {} } }, new: {} })
    assert.equal(nameAt(after, '/data'), nameAt(before, '/data'))
  })

  it('H07 one that was asked for without a name stays the same, whatever way it was asked for', () => {
    const HostConfig = { Mounts: [{ Type: 'volume', Source: '', Target: '/x' }], Binds: ['/y'] }
    const container = containerOf({
      Name: '/web',
      HostConfig,
      Mounts: [
        { Type: 'volume', Name: VOLUME, Source: `/docker/volumes/${VOLUME}/_data`, Destination: '/x', RW: true },
        // As engines from 28 on tell of a bind without a source.
        { Type: 'bind', Source: `/docker/volumes/${VOLUME}/_data`, Destination: '/y', RW: true },
      ],
    })
    const { spec } = updateAgain(container, {})
    assert.deepEqual(spec.body.HostConfig, {
      Mounts: [{ Type: 'volume', Source: VOLUME, Target: '/x' }],
      Binds: [`${VOLUME}:/y`],
    })
  })

  it('R09 beside the mounts and binds that were asked for', () => {
    const Mounts = [{ Type: 'volume', Source: 'files', Target: '/files' }]
    const { after, before } = update({
      body: { HostConfig: { Mounts, Binds: ['/srv:/bound'] } },
      old: { Volumes: { '/data': {} } },
    })
    assert.deepEqual(
      after.Mounts?.map(({ Destination }) => Destination),
      ['/bound', '/files', '/data'],
    )
    assert.deepEqual(differences(before, after), [])
  })

  it('H07 one that is in HostConfig already is not named twice', () => {
    const first = update({ old: { Volumes: { '/data': {} } } })
    const { after, spec } = updateAgain(first.after, { old: { Volumes: { '/data': {} } } })
    assert.equal((spec.body.HostConfig as { Mounts: Json[] }).Mounts.length, 1)
    assert.equal(nameAt(after, '/data'), nameAt(first.before, '/data'))
  })

  const taken: [name: string, hostConfig: JsonObject][] = [
    ['H08 a tmpfs', { Tmpfs: { '/data/': 'size=1m' } }],
    ['H08 a bind', { Binds: ['/srv:/data:ro'] }],
    ['H08 a bind with an untidy path', { Binds: ['/srv://data/.'] }],
    ['H06 a named volume', { Binds: ['files:/data'] }],
    [
      'H06 a mount',
      { Mounts: [{ Type: 'volume', Source: 'files', Target: '/data', VolumeOptions: { Subpath: 'x' } }] },
    ],
    ['H06 a Windows path', { Binds: ['C:\\srv:D:\\data:ro'] }],
  ]
  for (const [name, HostConfig] of taken)
    it(`a path taken by ${name} is left alone`, () => {
      const Destination = name.includes('Windows') ? 'd:\\data' : '/data'
      const Mounts = [{ Type: 'volume', Name: 'files', Destination, RW: true }]
      const { spec } = updateAgain(containerOf({ Name: '/web', HostConfig, Mounts }), {})
      assert.deepEqual(spec.body.HostConfig, HostConfig)
    })

  it('one that the API was asked for as a bind without a source gets its own name', () => {
    const Mounts = [{ Type: 'volume', Name: VOLUME, Destination: '/data', RW: true }]
    const { spec } = updateAgain(containerOf({ Name: '/web', HostConfig: { Binds: ['/data'] }, Mounts }), {})
    assert.deepEqual(spec.body.HostConfig, { Binds: [`${VOLUME}:/data`] })
  })

  it('what is no volume, or has no name, is not one', () => {
    const Mounts = [
      { Type: 'bind', Destination: '/a' },
      { Type: 'volume', Destination: '/b' },
    ]
    assert.deepEqual(updateAgain(containerOf({ Name: '/web', Mounts }), {}).spec.body.HostConfig, {})
  })

  const borrowed: [name: string, mount: JsonObject, isKept: boolean][] = [
    ['declared, writable, with an engine’s name: its own', { Name: VOLUME, Destination: '/data', RW: true }, true],
    ['read-only: the donor’s', { Name: VOLUME, Destination: '/data', RW: false }, false],
    ['with a person’s name: the donor’s', { Name: 'files', Destination: '/data', RW: true }, false],
    ['not declared: the donor’s', { Name: VOLUME, Destination: '/other', RW: true }, false],
  ]
  for (const [name, mount, isKept] of borrowed)
    it(`H09 beside VolumesFrom, ${name}`, () => {
      const container = containerOf({
        Name: '/web',
        Config: { Volumes: { '/data/': {} } },
        HostConfig: { VolumesFrom: ['donor'] },
        Mounts: [{ Type: 'volume', ...mount }],
      })
      const { Mounts } = updateAgain(container, {}).spec.body.HostConfig as { Mounts?: Json[] }
      assert.equal(Mounts?.length ?? 0, isKept ? 1 : 0)
    })

  it('a lost one is a difference', () => {
    const { before } = update({ old: { Volumes: { '/data': {} } } })
    const { before: other } = update({ body: { Hostname: 'x' }, old: { Volumes: { '/data': {} } } })
    assert.deepEqual(differences(before, other), ['Config.Hostname', 'Mounts./data'])
  })
})

function nameAt(container: InspectedContainer, destination: string): Json | undefined {
  return container.Mounts?.find((mount) => mount.Destination === destination)?.Name
}
