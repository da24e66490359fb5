import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { candidateSpec } from './candidate.ts'
import { containerOf, imageOf, update, updateAgain } from './fixtures/specs.ts'
import type { InspectedContainer, JsonObject } from './types.ts'

const [OLD, NEW] = ['0a'.repeat(32), '1b'.repeat(32)] as const
const REPLACED = new Map([[OLD, NEW]])

describe('references to containers that were replaced', () => {
  it('N13 a link is to the new container while the old one still bears the name', () => {
    const container = containerOf({ Name: '/web', HostConfig: { Links: ['/db:/web/store'] } })
    const { spec } = updateAgain(container, { options: { replaced: new Map([['/db', 'e'.repeat(64)]]) } })
    assert.deepEqual((spec.body.HostConfig as { Links: string[] }).Links, [`${'e'.repeat(64)}:store`])
  })

  const rows: [name: string, hostConfig: JsonObject, becomes: JsonObject][] = [
    ['N12 network', { NetworkMode: `container:${OLD}` }, { NetworkMode: `container:${NEW}` }],
    ['N13 processes', { PidMode: `container:${OLD}` }, { PidMode: `container:${NEW}` }],
    ['memory, by a short id', { IpcMode: `container:${OLD.slice(0, 12)}` }, { IpcMode: `container:${NEW}` }],
    ['another container’s id stays', { PidMode: `container:${NEW}` }, { PidMode: `container:${NEW}` }],
    ['a name that still holds stays', { PidMode: 'container:db' }, { PidMode: 'container:db' }],
    [
      'a word that looks like nothing stays',
      { PidMode: 'host', IpcMode: 'private' },
      { PidMode: 'host', IpcMode: 'private' },
    ],
    ['N08 links stay as an inspection has them', { Links: ['/db:/web/base'] }, { Links: ['/db:/web/base'] }],
    ['a link by id', { Links: [`${OLD}:base`] }, { Links: [`${NEW}:base`] }],
    [
      'a link to a parked one',
      { Links: ['/db__prev_0a1b2c3d:/web/base', '/c:/web/c'] },
      { Links: ['db:base', '/c:/web/c'] },
    ],
    ['H09 a donor by name', { VolumesFrom: ['donor:ro'] }, { VolumesFrom: ['donor:ro'] }],
    ['H09 a donor by id', { VolumesFrom: [`${OLD}:ro`, OLD] }, { VolumesFrom: [`${NEW}:ro`, NEW] }],
    ['nothing', { Links: null, VolumesFrom: null }, { Links: null, VolumesFrom: null }],
  ]
  for (const [name, HostConfig, becomes] of rows)
    it(name, () => {
      const { spec } = updateAgain(containerOf({ Name: '/web', HostConfig }), { options: { replaced: REPLACED } })
      assert.deepEqual(spec.body.HostConfig, becomes)
    })

  it('links of an endpoint follow as well', () => {
    const container = containerOf({
      Name: '/web',
      HostConfig: { NetworkMode: 'n' },
      NetworkSettings: { Networks: { n: { Links: [`${OLD}:base`] } } },
    })
    const { spec } = updateAgain(container, { options: { replaced: REPLACED } })
    assert.deepEqual(spec.body.NetworkingConfig, { EndpointsConfig: { n: { Links: [`${NEW}:base`] } } })
  })
})

describe('the platform', () => {
  const pinned: Partial<InspectedContainer> = {
    ImageManifestDescriptor: { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
  }
  const arm = { ...imageOf({}), Architecture: 'arm64', Variant: 'v8' }
  const rows: [name: string, becomes: string | undefined, parts: Partial<InspectedContainer>, options: object][] = [
    ['of the engine is not said', undefined, {}, { engine: { platform: 'linux/x86_64' } }],
    ['H13 of another machine is', 'linux/arm64', {}, { engine: { platform: 'linux/amd64' }, oldImage: arm }],
    ['H13 is what the container says it runs', 'linux/arm/v7', pinned, { engine: { platform: 'linux/amd64' } }],
    ['H13 also if the engine’s is not known', 'linux/arm/v7', pinned, {}],
    ['is not said before API 1.41', undefined, pinned, { apiVersion: '1.40' }],
    ['is not guessed', undefined, {}, { oldImage: arm }],
    ['is not known without the old image', undefined, {}, { engine: { platform: 'linux/amd64' }, oldImage: undefined }],
  ]
  for (const [name, becomes, parts, options] of rows)
    it(name, () => {
      const { spec } = updateAgain(containerOf({ Name: '/web', ...parts }), { options })
      assert.equal(spec.platform, becomes)
    })
})

describe('the body of the creation', () => {
  it('names the reference and carries our labels, whatever was there', () => {
    const { spec } = update({
      body: { Labels: { a: '1', b: '1' }, Image: `sha256:${OLD}` },
      options: { image: 'app:2', labels: { b: '2', 'seaworthy.internal.update': 'u' } },
    })
    assert.equal(spec.body.Image, 'app:2')
    assert.deepEqual(spec.body.Labels, { a: '1', b: '2', 'seaworthy.internal.update': 'u' })
  })

  it('leaves what it was given untouched', () => {
    const { before } = update({
      body: { Env: ['A=1'], HostConfig: { Links: ['a:b'] } },
      old: { Volumes: { '/data': {} } },
    })
    const text = JSON.stringify(before)
    const options = {
      container: before,
      oldImage: imageOf({}),
      newImage: imageOf({}),
      image: 'app',
      apiVersion: '1.44',
    }
    candidateSpec({ ...options, labels: { a: '1' }, pins: [], replaced: REPLACED })
    assert.equal(JSON.stringify(before), text)
  })

  it('is made of an image without a config too', () => {
    const newImage = { Id: 'sha256:0', Config: null }
    const { spec } = updateAgain(containerOf({ Name: '/web', Config: { Cmd: ['a'] } }), {
      options: { oldImage: newImage, newImage },
    })
    assert.deepEqual(spec.body, { Cmd: ['a'], Labels: {}, Image: 'app:latest', HostConfig: {} })
  })
})
