import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HIDDEN, specChanges } from './changes.ts'
import { type Case, update } from './fixtures/specs.ts'

describe('what a person sees of an update', () => {
  const rows: [name: string, given: Case, changes: [path: string, before: unknown, after: unknown][]][] = [
    [
      'variables and labels one by one',
      {
        body: { Env: ['OWN=1'], Labels: { own: '1' } },
        old: { Env: ['A=1', 'GONE=x', 'SAME=1'], Labels: { 'org.opencontainers.image.version': '1' } },
        new: { Env: ['A=2', 'SAME=1', 'NEW='], Labels: { 'org.opencontainers.image.version': '2' } },
      },
      [
        ['Config.Env.A', '1', '2'],
        ['Config.Env.GONE', 'x', undefined],
        ['Config.Env.NEW', undefined, ''],
        ['Config.Labels.org.opencontainers.image.version', '1', '2'],
      ],
    ],
    [
      'the rest as a whole',
      {
        old: { Cmd: ['a'], ExposedPorts: { '80/tcp': {} }, Volumes: { '/data': {} }, User: 'root' },
        new: {
          Cmd: ['b'],
          ExposedPorts: { '81/tcp': {} },
          Volumes: { '/data': {} },
          StopSignal: 'SIGINT',
          User: 'root',
        },
      },
      [
        ['Config.Cmd', ['a'], ['b']],
        ['Config.ExposedPorts.80/tcp', true, undefined],
        ['Config.ExposedPorts.81/tcp', undefined, true],
        ['Config.StopSignal', undefined, 'SIGINT'],
      ],
    ],
    ['another tag', { options: { image: 'app:2' } }, [['Config.Image', 'app:latest', 'app:2']]],
    [
      'of secrets only that they changed',
      {
        old: { Env: ['DB_PASSWORD=a', 'API_TOKEN=a', 'A_SECRET=a', 'SIGN_KEY=a', 'URL=a://u:p@h/', 'PASS=a'] },
        new: { Env: ['DB_PASSWORD=b', 'API_TOKEN=b', 'A_SECRET=b', 'SIGN_KEY=b', 'URL=a://u:q@h/'] },
      },
      [
        ['Config.Env.API_TOKEN', HIDDEN, HIDDEN],
        ['Config.Env.A_SECRET', HIDDEN, HIDDEN],
        ['Config.Env.DB_PASSWORD', HIDDEN, HIDDEN],
        ['Config.Env.PASS', HIDDEN, undefined],
        ['Config.Env.SIGN_KEY', HIDDEN, HIDDEN],
        ['Config.Env.URL', HIDDEN, HIDDEN],
      ],
    ],
    [
      'neither ids nor book-keeping nor networks',
      {
        body: {
          Labels: { 'com.docker.compose.image': 'sha256:1', 'seaworthy.internal.update': '1' },
          HostConfig: { NetworkMode: 'n' },
          NetworkingConfig: { EndpointsConfig: { n: { MacAddress: '02:00:00:00:00:01' } } },
        },
        old: { Volumes: { '/data': {} } },
        options: { labels: { 'com.docker.compose.image': 'sha256:2', 'seaworthy.internal.update': '2' } },
      },
      [],
    ],
  ]
  for (const [name, given, changes] of rows)
    it(name, () => {
      const { before, spec } = update(given)
      assert.deepEqual(
        specChanges(before, spec).map((change) => [change.path, change.before, change.after]),
        changes,
      )
    })
})
