import assert from 'node:assert/strict'
import type { Bench, Case, Endpoint, Inspect } from '../_case.ts'

// Where a container is on the network: what the owner fixed stays, what Docker chose is chosen anew.

const MAC = '02:5e:a0:00:00:0'

export const networkCases: readonly Case[] = [
  {
    id: 'N01',
    given: 'three networks with aliases; the main one is not the first by name',
    holds: 'all three with the same aliases, and the same network leads outside',
    async create(bench) {
      const networks = await Promise.all(['m-main', 'a-first', 'z-last'].map((name) => bench.network(name)))
      await bench.run({ networks: networks.map(({ name }) => [name, { Aliases: [`${name}-alias`, 'web'] }]) })
    },
    async expect(before, after, bench) {
      assert.equal(after.HostConfig.NetworkMode, before.HostConfig.NetworkMode)
      assert.deepEqual(each(after, aliases), each(before, aliases))
      assert.equal(Object.keys(after.NetworkSettings.Networks).length, 3)
      const gateway = (of: Inspect, network: string) => of.NetworkSettings.Networks[network]!.Gateway
      const route = await bench.exec(bench.name, 'ip', 'route')
      const leading = Object.keys(before.NetworkSettings.Networks).find((name) =>
        route.includes(`default via ${gateway(after, name)} `),
      )
      assert.equal(leading, defaultNetworkOf(bench))
    },
  },
  {
    id: 'N02',
    given: 'fixed IPv4, IPv6 and link-local addresses on two networks, on which others live too',
    holds: 'the same addresses, and those of the others are as they were',
    async create(bench) {
      const networks = [await bench.network('one', { ipv6: true }), await bench.network('two', { ipv6: true })]
      await bench.run(
        { Image: bench.still, networks: networks.map(({ name }) => [name, {}] as const) },
        `${bench.name}-peer`,
      )
      await bench.run({
        networks: networks.map(({ name, ip, ip6 }, place) => [
          name,
          { IPAMConfig: { IPv4Address: ip(20), IPv6Address: ip6(20), LinkLocalIPs: [`169.254.34.6${place}`] } },
        ]),
      })
    },
    async expect(before, after, bench) {
      const peer = `${bench.name}-peer`
      assert.deepEqual(
        each(after, ({ IPAMConfig }) => IPAMConfig),
        each(before, ({ IPAMConfig }) => IPAMConfig),
      )
      assert.deepEqual(each(after, addresses), each(before, addresses))
      assert.deepEqual(each(bench.after(peer), addresses), each(bench.before(peer), addresses))
      const { IPAddress } = after.NetworkSettings.Networks[`${bench.name}-two`]!
      await bench.exec(peer, '/bin/busybox', 'ping', '-c', '1', '-W', '5', IPAddress)
    },
  },
  {
    id: 'N03',
    given: 'an address that Docker chose',
    holds: 'it does not become a fixed one',
    async create(bench) {
      await bench.run({ networks: [[(await bench.network('net')).name, {}]] })
    },
    expect: (before, after, bench) => {
      const { IPAMConfig } = endpoint(after, `${bench.name}-net`)
      assert.deepEqual(IPAMConfig ?? {}, {})
      assert.deepEqual(endpoint(before, `${bench.name}-net`).IPAMConfig ?? {}, {})
    },
  },
  {
    id: 'N04',
    given: 'no MAC address was asked for',
    holds: 'none is asked for afterwards; where the engine draws them, it is another one',
    async create(bench) {
      await bench.run({ networks: [[(await bench.network('net')).name, {}]] })
    },
    expect: (before, after, bench) => {
      assert.equal(after.Config.MacAddress ?? '', '')
      if (!bench.speaks('1.48')) return
      assert.notEqual(endpoint(after, `${bench.name}-net`).MacAddress, endpoint(before, `${bench.name}-net`).MacAddress)
    },
  },
  {
    id: 'N05',
    given: 'a fixed MAC address on the main network and, where the engine can, one on the second',
    holds: 'each engine keeps what it can fix',
    async create(bench) {
      const names = [(await bench.network('one')).name, (await bench.network('two')).name]
      const newer = bench.speaks('1.44')
      await bench.run({
        ...(!newer && { MacAddress: `${MAC}1` }),
        networks: names.map((name, place) => [name, newer ? { MacAddress: `${MAC}${place + 1}` } : {}]),
      })
    },
    expect: (_, after, bench) => {
      assert.equal(after.Config.MacAddress, `${MAC}1`)
      assert.equal(endpoint(after, `${bench.name}-one`).MacAddress, `${MAC}1`)
      if (bench.speaks('1.44')) assert.equal(endpoint(after, `${bench.name}-two`).MacAddress, `${MAC}2`)
    },
  },
  {
    id: 'N06',
    given: 'the same on an engine that no longer tells whether a MAC address was asked for (API 1.52)',
    holds: 'the main one is kept',
    only: { engines: [], reason: 'no Debian release has engine 29 yet' },
    create: () => assert.fail('no engine'),
    expect: () => assert.fail('no engine'),
  },
  {
    id: 'N07',
    given: "aliases among which the engine lists the container's own short id (API up to 1.44)",
    holds: "the old container's short id is not among the new one's aliases; the owner's alias is",
    async create(bench) {
      await bench.run({ networks: [[(await bench.network('net')).name, { Aliases: ['mine'] }]] })
    },
    expect: (before, after, bench) => {
      const found = endpoint(after, `${bench.name}-net`).Aliases ?? []
      const told = endpoint(before, `${bench.name}-net`).Aliases ?? []
      assert.equal(told.includes(before.Id.slice(0, 12)), !bench.speaks('1.45'))
      assert.ok(found.includes('mine'))
      assert.ok(!found.includes(before.Id.slice(0, 12)))
    },
  },
  {
    id: 'N08',
    given: 'a link to another container on the default bridge',
    holds: 'the link is the same and leads there',
    async create(bench) {
      const bridge = { HostConfig: { NetworkMode: 'bridge' } }
      await bench.run({ ...bridge, Image: bench.still }, `${bench.name}-db`)
      await bench.run({ HostConfig: { NetworkMode: 'bridge', Links: [`${bench.name}-db:db`] } })
    },
    async expect(before, after, bench) {
      assert.deepEqual(after.HostConfig.Links, before.HostConfig.Links)
      const { IPAddress } = endpoint(bench.after(`${bench.name}-db`), 'bridge')
      assert.match(await bench.exec(bench.name, 'cat', '/etc/hosts'), new RegExp(`^${IPAddress}\\s+db `, 'm'))
    },
  },
  {
    id: 'N09',
    given: 'a macvlan network with a fixed MAC address and a fixed IP address',
    holds: 'both are the same, as seen in the container',
    async create(bench) {
      const network = await bench.network('lan', { driver: 'macvlan', options: { parent: bench.daemon.bridge } })
      const newer = bench.speaks('1.44')
      const IPAMConfig = { IPv4Address: network.ip(9) }
      await bench.run({
        ...(!newer && { MacAddress: `${MAC}9` }),
        networks: [[network.name, { IPAMConfig, ...(newer && { MacAddress: `${MAC}9` }) }]],
      })
    },
    async expect(before, after, bench) {
      const name = `${bench.name}-lan`
      assert.deepEqual(endpoint(after, name).IPAMConfig, endpoint(before, name).IPAMConfig)
      const seen = await bench.exec(bench.name, 'ip', 'addr', 'show', 'dev', 'eth0')
      assert.ok(seen.includes(`${MAC}9`), seen)
      assert.ok(seen.includes(endpoint(before, name).IPAddress), seen)
    },
  },
  {
    id: 'N10',
    given:
      'driver options of an endpoint and, where the engine can, its priority as gateway and the name of its interface',
    holds: 'all of it is the same',
    async create(bench) {
      const names = [(await bench.network('one')).name, (await bench.network('two')).name]
      const options = { 'org.example.option': 'kept' }
      const newer = {
        'com.docker.network.endpoint.ifname': 'lan0',
        'com.docker.network.endpoint.sysctls': 'net.ipv4.conf.IFNAME.log_martians=1',
      }
      const newest = bench.speaks('1.48')
      await bench.run({
        networks: names.map((name, place) => [
          name,
          place === 0
            ? { DriverOpts: { ...options, ...(newest && newer) }, ...(newest && { GwPriority: -5 }) }
            : { DriverOpts: options, ...(newest && { GwPriority: 7 }) },
        ]),
      })
    },
    async expect(before, after, bench) {
      const said = ({ DriverOpts, GwPriority }: Endpoint) => [DriverOpts, GwPriority]
      assert.deepEqual(each(after, said), each(before, said))
      assert.ok(endpoint(before, `${bench.name}-one`).DriverOpts)
      if (bench.speaks('1.48')) await bench.exec(bench.name, 'ip', 'link', 'show', 'dev', 'lan0')
    },
  },
  {
    id: 'N11',
    given: 'no network',
    holds: 'the same',
    create: (bench) => bench.run({ HostConfig: { NetworkMode: 'none' } }),
    expect: sameMode,
  },
  {
    id: 'N11b',
    given: "the host's network",
    holds: 'the same, and the host name is no conflict',
    create: (bench) =>
      bench.run({
        HostConfig: { NetworkMode: 'host' },
        Cmd: ['/bin/sh', '-c', 'trap "exit 0" TERM INT; sleep 100000 & wait'],
      }),
    expect: sameMode,
  },
  {
    id: 'N15',
    given: 'its network was removed since it started, and one of the same name made',
    holds: 'a clear failure before anything is stopped',
    ends: 'refused',
    async create(bench) {
      const network = await bench.network('net')
      await bench.run({ networks: [[network.id, {}]] })
      await bench.api('POST', `/networks/${network.id}/disconnect`, { Container: bench.name, Force: true })
      await bench.api('DELETE', `/networks/${network.id}`)
      await bench.network('net')
    },
    expect: (_before, _after, { told }) => assert.match(told, /network/i),
  },
]

function sameMode(before: Inspect, after: Inspect): void {
  assert.equal(after.HostConfig.NetworkMode, before.HostConfig.NetworkMode)
  assert.deepEqual(Object.keys(after.NetworkSettings.Networks), Object.keys(before.NetworkSettings.Networks))
}

/** Before priorities came, the engine took the first network by name for the way outside. */
function defaultNetworkOf({ name }: Bench): string {
  return `${name}-a-first`
}

function endpoint(of: Inspect, network: string): Endpoint {
  return of.NetworkSettings.Networks[network] ?? assert.fail(`${of.Name} is not on ${network}`)
}

function each<Value>(of: Inspect, value: (endpoint: Endpoint, id: string) => Value): Record<string, Value> {
  const networks = Object.entries(of.NetworkSettings.Networks).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(networks.map(([name, found]) => [name, value(found, of.Id)]))
}

/** Those the owner gave: the engine adds the short id of the container. */
function aliases({ Aliases }: Endpoint, id: string): string[] {
  return (Aliases ?? []).filter((alias) => alias !== id.slice(0, 12)).sort()
}

function addresses({ IPAddress, GlobalIPv6Address }: Endpoint): unknown[] {
  return [IPAddress, GlobalIPv6Address]
}
