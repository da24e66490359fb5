import assert from 'node:assert/strict'
import type { Case, Outcome } from '../_case.ts'

// Containers that stand on the one that is updated: they follow it, each once and in order.

export const sharingCases: readonly Case[] = [
  {
    id: 'N12',
    given: 'a container that shares the network of the one that is updated',
    holds: 'it is recreated on the new one and has its interface',
    async create(bench) {
      await bench.run({ networks: [[(await bench.network('net')).name, {}]] })
      await bench.run(
        { Image: bench.still, Cmd: SLEEP, HostConfig: { NetworkMode: `container:${bench.name}` } },
        `${bench.name}-child`,
      )
    },
    async expect(_, after, bench) {
      const child = followed(bench, 'child')
      assert.equal(child.HostConfig.NetworkMode, `container:${after.Id}`)
      assert.equal(await interfaces(bench, child.Id), await interfaces(bench, after.Id))
      assert.match(await interfaces(bench, child.Id), /eth0/)
    },
  },
  {
    id: 'N12b',
    given: 'the same, and both run the image that has a new version',
    holds: 'both run it afterwards, the child on the new one',
    async create(bench) {
      await bench.run({ networks: [[(await bench.network('net')).name, {}]] })
      await bench.run(
        {
          HostConfig: { NetworkMode: `container:${bench.name}` },
          Cmd: ['/bin/sleep', '100000'],
          StopSignal: 'SIGKILL',
        },
        `${bench.name}-child`,
      )
    },
    async expect(_, after, bench) {
      const child = followed(bench, 'child')
      assert.equal(child.HostConfig.NetworkMode, `container:${after.Id}`)
      assert.equal(child.Image, bench.newImage.Id)
      assert.match(await interfaces(bench, child.Id), /eth0/)
    },
  },
  {
    id: 'N13',
    given: 'a chain of two that share namespaces, one that is linked, one that shares its processes',
    holds: 'all are recreated in order, each once',
    async create(bench) {
      const { name, still } = bench
      const links = { NetworkMode: 'bridge', Links: [`${name}:main`] }
      await bench.run({ HostConfig: { NetworkMode: 'bridge' } })
      await bench.run({ Image: still, Cmd: SLEEP, HostConfig: { NetworkMode: `container:${name}` } }, `${name}-net`)
      const chain = { NetworkMode: 'none', PidMode: `container:${name}-net` }
      await bench.run({ Image: still, Cmd: SLEEP, HostConfig: chain }, `${name}-chain`)
      await bench.run({ Image: still, HostConfig: links }, `${name}-link`)
      await bench.run({ Image: still, Cmd: SLEEP, HostConfig: { PidMode: `container:${name}` } }, `${name}-pid`)
    },
    async expect(_, after, bench) {
      const [net, chain, link, pid] = ['net', 'chain', 'link', 'pid'].map((suffix) => followed(bench, suffix))
      assert.equal(net!.HostConfig.NetworkMode, `container:${after.Id}`)
      assert.equal(chain!.HostConfig.PidMode, `container:${net!.Id}`)
      assert.equal(pid!.HostConfig.PidMode, `container:${after.Id}`)
      assert.deepEqual(link!.HostConfig.Links, [`/${bench.name}:/${bench.name}-link/main`])
      assert.match(await bench.exec(link!.Id, 'cat', '/etc/hosts'), /\bmain\b/)
      assert.ok(
        startedInOrder([after, net!, chain!]) && startedInOrder([after, link!]) && startedInOrder([after, pid!]),
      )
      const made = bench.calls.filter(({ path }) =>
        new RegExp(`/containers/create\\?.*name=${bench.name}(?:-|__)`).test(path),
      )
      assert.equal(made.length, 5, made.map(({ path }) => path).join('\n'))
    },
  },
  {
    id: 'N14',
    given: 'a container that shares the network is excluded by its label',
    holds: 'the update is refused, or the container is recreated all the same; it is never left without a network',
    ends: 'either',
    async create(bench) {
      const { name, still } = bench
      await bench.run({ networks: [[(await bench.network('net')).name, {}]] })
      const Labels = { 'seaworthy.enable': 'false' }
      await bench.run(
        { Image: still, Cmd: SLEEP, Labels, HostConfig: { NetworkMode: `container:${name}` } },
        `${name}-child`,
      )
    },
    async expect(before, after, bench) {
      const child = bench.after(`${bench.name}-child`)
      assert.equal(child.HostConfig.NetworkMode, `container:${after.Id}`)
      assert.equal(child.State.Status, 'running')
      assert.match(await interfaces(bench, child.Id), /eth0/)
      if (after.Id === before.Id) assert.match(bench.told, new RegExp(`${bench.name}-child`))
    },
  },
]

const SLEEP = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; sleep 100000 & wait']

function followed(bench: Outcome, suffix: string) {
  const name = `${bench.name}-${suffix}`
  const [before, after] = [bench.before(name), bench.after(name)]
  assert.notEqual(after.Id, before.Id, `${name} was not recreated`)
  assert.equal(after.State.Status, 'running')
  return after
}

function startedInOrder(containers: readonly { readonly State: { readonly StartedAt: string } }[]): boolean {
  const times = containers.map(({ State }) => State.StartedAt)
  return times.every((time, place) => place === 0 || times[place - 1]! < time)
}

function interfaces(bench: Outcome, container: string): Promise<string> {
  return bench.exec(container, 'ip', '-o', 'link')
}
