import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Bench, Case, Inspect } from '../_case.ts'

// Where a container keeps what must not be lost.

const VOLUME = { config: { Volumes: { '/data': {} } } }

export const mountCases: readonly Case[] = [
  {
    id: 'H06',
    given: 'binds with options, and every kind of mount that the engine knows with its options',
    holds: 'all of it is the same, and the files are there',
    async create(bench) {
      const folder = path.join(bench.daemon.folder, 'h06')
      await mkdir(folder)
      await writeFile(path.join(folder, 'file'), 'bound\n')
      await bench.run({
        HostConfig: {
          Binds: [`${folder}:/plain:ro,z`, 'h06-named:/named:nocopy'],
          Mounts: await mounts(bench, folder),
        },
      })
    },
    async expect(before, after, bench) {
      const { Binds, Mounts } = after.HostConfig
      assert.deepEqual({ Binds, Mounts }, { Binds: before.HostConfig.Binds, Mounts: before.HostConfig.Mounts })
      assert.deepEqual(places(after), places(before))
      assert.equal(await bench.exec(bench.name, 'cat', '/plain/file'), 'bound\n')
    },
  },
  {
    id: 'H07',
    given: 'the anonymous volume of an image path is already among the mounts, as after `docker compose up`',
    holds: 'it is there once, the same one, with its file',
    old: VOLUME,
    new: VOLUME,
    async create(bench) {
      const labels = { 'com.docker.volume.anonymous': '' }
      const { Name } = await bench.api<{ Name: string }>('POST', '/volumes/create', { Labels: labels })
      await bench.run({ HostConfig: { Mounts: [{ Type: 'volume', Source: Name, Target: '/data' }] } })
      await bench.exec(bench.name, 'sh', '-c', 'echo kept >/data/file')
    },
    async expect(before, after, bench) {
      assert.deepEqual(after.HostConfig.Mounts, before.HostConfig.Mounts)
      assert.deepEqual(places(after), places(before))
      assert.equal(await bench.exec(bench.name, 'cat', '/data/file'), 'kept\n')
    },
  },
  {
    id: 'H07b',
    given: 'volumes without a name that the owner asked for, by `Mounts`, `Volumes` and `Binds`',
    holds: 'the same volumes are there, with their files',
    async create(bench) {
      await bench.run({
        HostConfig: { Mounts: [{ Type: 'volume', Target: '/mounted' }], Binds: ['/bound'] },
        Volumes: { '/plain': {} },
      })
      await bench.exec(bench.name, 'sh', '-c', 'for P in mounted plain bound; do echo kept >/$P/file; done')
    },
    async expect(before, after, bench) {
      assert.deepEqual(places(after), places(before))
      assert.equal(
        await bench.exec(bench.name, 'cat', '/mounted/file', '/plain/file', '/bound/file'),
        'kept\nkept\nkept\n',
      )
    },
  },
  {
    id: 'H08',
    given: 'a tmpfs over one volume path of the image, a bind over another that only the new image declares',
    holds: 'they do not clash, and no volume is made beside them',
    old: VOLUME,
    new: { config: { Volumes: { '/data': {}, '/cache': {} } } },
    async create(bench) {
      const folder = path.join(bench.daemon.folder, 'h08')
      await mkdir(folder)
      await bench.run({ HostConfig: { Tmpfs: { '/data': 'size=65536' }, Binds: [`${folder}:/cache`] } })
    },
    expect: (before, after) => {
      assert.deepEqual(after.HostConfig.Tmpfs, before.HostConfig.Tmpfs)
      assert.deepEqual(after.HostConfig.Binds, before.HostConfig.Binds)
      assert.deepEqual(
        after.Mounts.map(({ Type, Destination }) => [Type, Destination]),
        [['bind', '/cache']],
      )
    },
  },
  {
    id: 'H09',
    given: 'a container that takes its volumes from the one that is updated',
    holds: 'both have the same volumes as before, and the second was recreated',
    old: VOLUME,
    new: VOLUME,
    async create(bench) {
      await bench.run()
      await bench.exec(bench.name, 'sh', '-c', 'echo kept >/data/file')
      await bench.run({ Image: bench.still, HostConfig: { VolumesFrom: [bench.name] } }, `${bench.name}-user`)
    },
    async expect(before, after, bench) {
      const user = bench.after(`${bench.name}-user`)
      assert.notEqual(user.Id, bench.before(`${bench.name}-user`).Id)
      assert.deepEqual(places(after), places(before))
      assert.deepEqual(places(user), places(before))
      assert.deepEqual(user.HostConfig.VolumesFrom, [bench.name])
      assert.equal(await bench.exec(user.Id, 'cat', '/data/file'), 'kept\n')
    },
  },
]

async function mounts(bench: Bench, folder: string): Promise<Record<string, unknown>[]> {
  const newer = bench.speaks('1.45')
  if (newer) await makeFolderInVolume(bench, 'h06-deep', 'inner')
  return [
    {
      Type: 'bind',
      Source: folder,
      Target: '/bound',
      ReadOnly: true,
      BindOptions: { Propagation: 'rprivate', NonRecursive: true },
    },
    {
      Type: 'volume',
      Source: 'h06-driven',
      Target: '/driven',
      VolumeOptions: {
        NoCopy: true,
        Labels: { owner: 'ops' },
        DriverConfig: { Name: 'local', Options: { type: 'tmpfs', device: 'tmpfs', o: 'size=65536' } },
      },
    },
    { Type: 'tmpfs', Target: '/small', TmpfsOptions: { SizeBytes: 65_536, Mode: 0o1770 } },
    ...(newer ? [{ Type: 'volume', Source: 'h06-deep', Target: '/deep', VolumeOptions: { Subpath: 'inner' } }] : []),
    ...(bench.speaks('1.42')
      ? [{ Type: 'bind', Source: path.join(folder, 'new'), Target: '/new', BindOptions: { CreateMountpoint: true } }]
      : []),
    ...(bench.speaks('1.46') ? [{ Type: 'tmpfs', Target: '/quiet', TmpfsOptions: { Options: [['noexec']] } }] : []),
    ...(bench.speaks('1.48')
      ? [{ Type: 'image', Source: bench.still, Target: '/image', ImageOptions: { Subpath: 'www' } }]
      : []),
  ]
}

async function makeFolderInVolume({ daemon, still }: Bench, volume: string, folder: string): Promise<void> {
  await daemon.docker('run', '--rm', '--network=none', '-v', `${volume}:/v`, still, '/bin/mkdir', `/v/${folder}`)
}

/** What is mounted where, without the order. */
/** Of a volume that a bind without a source has made, engines from 28 on tell the path only, in which its name is. */
function places({ Mounts }: Inspect): string[] {
  return Mounts.map(({ Type, Name, Source, Destination, RW }) =>
    [Type, Name ?? /\/volumes\/([^/]+)\/_data$/.exec(Source ?? '')?.[1] ?? Source, Destination, RW].join(' '),
  ).sort()
}
