import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { differences } from './differences.ts'
import { containerOf, update, updateAgain } from './fixtures/specs.ts'
import type { JsonObject } from './types.ts'

const THREE = {
  HostConfig: { NetworkMode: 'main' },
  NetworkingConfig: {
    EndpointsConfig: {
      back: {
        Aliases: ['db-side'],
        IPAMConfig: { IPv4Address: '10.0.0.9', IPv6Address: '', LinkLocalIPs: ['169.254.1.1'] },
      },
      main: { Aliases: ['app', 'web'], Links: ['db:database'] },
      zone: { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'a=1' }, GwPriority: 5, FutureKey: [1] },
    },
  },
} as const

describe('networks', () => {
  it('N01 all of them are in the creation, as they were asked for', () => {
    const { spec, before, after } = update({ body: THREE })
    assert.deepEqual(endpointsOf(spec.body), {
      back: { Aliases: ['db-side'], IPAMConfig: { IPv4Address: '10.0.0.9', LinkLocalIPs: ['169.254.1.1'] } },
      main: { Aliases: ['app', 'web'], Links: ['db:database'] },
      zone: { DriverOpts: { 'com.docker.network.endpoint.sysctls': 'a=1' }, GwPriority: 5, FutureKey: [1] },
    })
    assert.deepEqual(differences(before, after), [])
  })

  it('N01 before API 1.44 only the main one is, by NetworkMode; the others follow in order', () => {
    const before = update({ body: THREE }).before
    const { spec, after } = updateAgain(before, { api: '1.43' })
    assert.deepEqual(Object.keys(endpointsOf(spec.body)), ['main'])
    assert.deepEqual(
      spec.later.map(({ network }) => network),
      ['back', 'zone'],
    )
    assert.deepEqual(spec.later[0]?.endpoint.Aliases, ['db-side'])
    assert.deepEqual(differences(before, after), [])
  })

  it('N01 the main network is found by its id too', () => {
    const container = containerOf({
      Name: '/web',
      HostConfig: { NetworkMode: 'b'.repeat(64) },
      NetworkSettings: { Networks: { first: { NetworkID: 'a'.repeat(64) }, second: { NetworkID: 'b'.repeat(64) } } },
    })
    const { spec } = updateAgain(container, { api: '1.41' })
    assert.deepEqual(Object.keys(endpointsOf(spec.body)), ['second'])
  })

  it('a version that is not known is told by the inspection', () => {
    const networks = (endpoint: JsonObject) =>
      containerOf({
        Name: '/web',
        HostConfig: { NetworkMode: 'a' },
        NetworkSettings: { Networks: { a: endpoint, b: endpoint } },
      })
    const later = (endpoint: JsonObject) =>
      updateAgain(networks(endpoint), { options: { apiVersion: undefined } }).spec.later.length
    assert.deepEqual([later({ DNSNames: null }), later({})], [0, 1])
  })

  it('N03 a dynamic address stays dynamic', () => {
    for (const IPAMConfig of [{}, null, { IPv4Address: '' }]) {
      const { spec } = update({
        body: { HostConfig: { NetworkMode: 'n' }, NetworkingConfig: { EndpointsConfig: { n: { IPAMConfig } } } },
      })
      assert.deepEqual(endpointsOf(spec.body), { n: {} })
    }
  })

  const aliases: [name: string, aliases: string[], hostname: string, keeps: string[] | undefined][] = [
    ['N07 the short id goes', ['web', 'SHORT'], 'SHORT', ['web']],
    ['N07 with the hostname that the engine puts behind it', ['web', 'SHORT', 'host'], 'host', ['web']],
    ['N07 a hostname before it is the user’s alias', ['host', 'web', 'SHORT'], 'host', ['host', 'web']],
    ['N07 without a short id nothing goes', ['web', 'host'], 'host', ['web', 'host']],
    ['N07 the whole id goes as well', ['WHOLE'], 'host', undefined],
    ['N07 the short id of another container is an alias like any', ['0123456789ab'], 'host', ['0123456789ab']],
  ]
  for (const [name, given, hostname, keeps] of aliases)
    it(name, () => {
      const { Id } = containerOf({ Name: '/web' })
      const own = (text: string) => text.replace('SHORT', Id.slice(0, 12)).replace('WHOLE', Id)
      const container = containerOf({
        Name: '/web',
        Config: { Hostname: own(hostname) },
        HostConfig: { NetworkMode: 'n' },
        NetworkSettings: { Networks: { n: { Aliases: given.map(own) } } },
      })
      assert.deepEqual(endpointsOf(updateAgain(container, { api: '1.44' }).spec.body).n?.Aliases, keeps)
    })

  it('N08 the default network gets no aliases, whatever an inspection says', () => {
    for (const NetworkMode of ['default', 'bridge']) {
      const container = containerOf({
        Name: '/web',
        HostConfig: { NetworkMode },
        NetworkSettings: { Networks: { bridge: { Aliases: ['web'], GwPriority: 1 } } },
      })
      assert.deepEqual(endpointsOf(updateAgain(container, {}).spec.body), { bridge: { GwPriority: 1 } })
    }
  })

  it('N11 the machine’s network, none and another container’s have no endpoints', () => {
    for (const NetworkMode of ['host', 'none', 'container:vpn']) {
      const { spec } = update({ body: { HostConfig: { NetworkMode } } })
      assert.equal(spec.body.NetworkingConfig, undefined)
    }
  })
})

describe('MAC addresses', () => {
  const two = (main: JsonObject, other: JsonObject) => ({
    HostConfig: { NetworkMode: 'main' },
    NetworkingConfig: { EndpointsConfig: { lan: other, main } },
  })

  it('N04 one of the engine’s is not kept', () => {
    const { spec, after } = update({ body: two({}, {}) })
    assert.deepEqual(endpointsOf(spec.body), { lan: {}, main: {} })
    assert.equal(after.Config.MacAddress, undefined)
  })

  it('N05 chosen ones are kept on all networks', () => {
    const body = two({ MacAddress: '02:11:22:33:44:55' }, { MacAddress: '02:11:22:33:44:66' })
    const { spec, before, after } = update({ body })
    assert.deepEqual(endpointsOf(spec.body), {
      lan: { MacAddress: '02:11:22:33:44:66' },
      main: { MacAddress: '02:11:22:33:44:55' },
    })
    assert.equal(spec.body.MacAddress, undefined)
    assert.equal(after.Config.MacAddress, before.Config.MacAddress)
  })

  it('N05 before API 1.44 that of the main one is, and the plan tells of the other', () => {
    const { before } = update({ body: two({ MacAddress: '02:11:22:33:44:55' }, { MacAddress: '00:11:32:33:44:66' }) })
    const { spec } = updateAgain(before, { api: '1.41' })
    assert.equal(spec.body.MacAddress, '02:11:22:33:44:55')
    assert.deepEqual([endpointsOf(spec.body), spec.later], [{ main: {} }, [{ network: 'lan', endpoint: {} }]])
    assert.match(spec.notes.join(), /00:11:32:33:44:66 on network "lan" was chosen, it gets lost/)
  })

  const others: [name: string, endpoint: JsonObject, chosen: string, keeps: string | undefined][] = [
    ['N09 one of a maker’s range was chosen', { MacAddress: '00:11:32:00:00:01' }, '', '00:11:32:00:00:01'],
    ['one that Windows gives was not', { MacAddress: '00:15:5D:00:00:01' }, '', undefined],
    ['a random one was not', { MacAddress: '5a:39:00:00:00:01' }, '', undefined],
    [
      'a random one beside a chosen one may be',
      { MacAddress: '5a:39:00:00:00:01' },
      '02:11:22:33:44:55',
      '5a:39:00:00:00:01',
    ],
    [
      'one made of the address was not',
      { MacAddress: '02:42:0a:00:00:09', IPAddress: '10.0.0.9' },
      '02:11:22:33:44:55',
      undefined,
    ],
    ['a stopped container shows none', { MacAddress: '' }, '02:11:22:33:44:55', undefined],
  ]
  for (const [name, endpoint, chosen, keeps] of others)
    it(`on another network: ${name}`, () => {
      const container = containerOf({
        Name: '/web',
        Config: { MacAddress: chosen },
        HostConfig: { NetworkMode: 'main' },
        NetworkSettings: { Networks: { lan: endpoint, main: {} } },
      })
      assert.equal(endpointsOf(updateAgain(container, {}).spec.body).lan?.MacAddress, keeps)
    })
})

function endpointsOf(body: JsonObject): Record<string, JsonObject> {
  return (body.NetworkingConfig as { EndpointsConfig: Record<string, JsonObject> }).EndpointsConfig
}
