import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { differences } from './differences.ts'
import { createContainer } from './fixtures/engine.ts'
import { type Case, imageOf, update, updateAgain } from './fixtures/specs.ts'
import type { InspectedContainer, JsonObject } from './types.ts'

const api = fc.constantFrom('1.41', '1.43', '1.44', '1.45', '1.51')

/** A config whose values begin with one of `values`, so that it can be said whether user and image may coincide. */
function config(...values: string[]) {
  const value = fc.constantFrom(...values.flatMap((text) => [`${text}1`, `${text}2`]))
  const words = fc.array(value, { minLength: 1, maxLength: 3 })
  const key = fc.constantFrom('A', 'B', 'C', 'D')
  const keyed = (name: (key: string) => string) => fc.dictionary(value.map(name), fc.constant({}), { maxKeys: 3 })
  const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })
  return fc.record({
    Env: fc
      .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 4 })
      .map((all) => all.map((pair) => pair.join('='))),
    Labels: fc.dictionary(key, value, { maxKeys: 4 }),
    ExposedPorts: keyed((text) => `80${text.replace(/\D/g, '')}${text.charCodeAt(0)}/tcp`),
    Volumes: keyed((text) => `/${text}`),
    WorkingDir: optional(value.map((text) => `/${text}`)),
    User: optional(value),
    StopSignal: optional(value),
    Healthcheck: optional(
      fc.record({
        Test: words,
        Interval: fc.constantFrom(1e9, 2e9),
        Timeout: fc.constantFrom(1e9, 2e9),
        StartPeriod: fc.constantFrom(1e9, 2e9),
        StartInterval: fc.constantFrom(1e9, 2e9),
        Retries: fc.constantFrom(1, 2),
      }),
    ),
    Entrypoint: fc.option(words),
    Cmd: words,
  })
}

const anyJson = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonObject>
const mac = fc.constantFrom('02:aa:00:00:00:01', '02:aa:00:00:00:02')
const endpoint = (aliases: fc.Arbitrary<string[]>) =>
  fc.record(
    {
      Aliases: aliases,
      IPAMConfig: fc.record({ IPv4Address: fc.constantFrom('10.0.0.5', '10.0.0.6') }),
      DriverOpts: fc.dictionary(fc.constantFrom('a', 'b'), fc.constant('x'), { minKeys: 1 }),
      GwPriority: fc.constantFrom(1, 5),
      FutureKey: fc.constantFrom('x', 7),
    },
    { requiredKeys: [] },
  )
const aliases = fc.uniqueArray(fc.constantFrom('web', 'app', 'host-1'), { minLength: 1 })
const userNetworks = fc.dictionary(fc.constantFrom('alpha', 'main', 'zone'), endpoint(aliases))

const networks = fc.oneof(
  fc
    .constantFrom('default', 'bridge', 'host', 'none', 'container:vpn')
    .map((NetworkMode) => ({ NetworkMode, endpoints: {} })),
  fc
    .record({ main: endpoint(aliases), others: userNetworks, chosen: fc.option(mac, { nil: undefined }) })
    .map(({ main, others, chosen }) => ({
      NetworkMode: 'main',
      endpoints: { ...others, main: { ...main, ...(chosen === undefined ? {} : { MacAddress: chosen }) } },
    })),
)

const hostConfig = fc.record(
  {
    Binds: fc.constantFrom(['/srv:/bound:ro'], ['files:/u1']),
    Tmpfs: fc.constantFrom({ '/i1': '' }, { '/tmp': 'size=1m' }),
    PortBindings: fc.constant(null),
    RestartPolicy: fc.constantFrom({ Name: 'always', MaximumRetryCount: 0 }),
    Unknown: anyJson,
  },
  { requiredKeys: [] },
)

const rest = fc.record(
  { Hostname: fc.constantFrom('host-1', 'host-2'), Tty: fc.boolean(), StopTimeout: fc.nat(9), Unknown: anyJson },
  { requiredKeys: [] },
)

/** What a user may ask an engine for. */
function body(...values: string[]): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      own: fc.option(config(...values)),
      rest,
      hostConfig,
      networks,
    })
    .map(({ own, rest: more, hostConfig: host, networks: { NetworkMode, endpoints } }) => {
      const { Entrypoint = null, ...plain } = { ...(own ?? {}), ...more } as Record<string, unknown>
      const asked = {
        ...plain,
        ...(Entrypoint === null ? {} : { Entrypoint }),
        HostConfig: { ...host, NetworkMode },
        ...(Object.keys(endpoints).length === 0 ? {} : { NetworkingConfig: { EndpointsConfig: endpoints } }),
      } as JsonObject
      if (!NetworkMode.startsWith('container:')) return asked
      const { Hostname: _, ExposedPorts: __, ...allowed } = asked
      return allowed
    })
}

describe('whatever the user asked for and the images say', () => {
  it('the new container is the one that the user would get of the new image', () => {
    fc.assert(
      fc.property(body('u'), config('i'), config('i'), api, (asked, old, now, version) => {
        const { before, after } = update({ body: asked, old, new: now, shows: version })
        const ideal = createContainer({ body: { Image: 'app:latest', ...asked } }, imageOf(now), { api: '1.51' })
        assert.deepEqual(differences(ideal, sameVolumes(after, before, ideal)), hostNoise(asked))
      }),
    )
  })

  it('with the same image nothing changes at all', () => {
    fc.assert(
      fc.property(body('u', 'i'), config('i'), api, (asked, image, version) => {
        const { before } = update({ body: asked, old: image, shows: version })
        const { after } = updateAgain(before, { old: image, api: version })
        assert.deepEqual(differences(before, after), hostNoise(asked))
      }),
    )
  })

  it('an update that is made twice changes nothing more', () => {
    fc.assert(
      fc.property(body('u', 'i'), config('i'), config('i'), (asked, old, now) => {
        const { after } = update({ body: asked, old, new: now })
        const again = updateAgain(after, { old: now })
        assert.deepEqual(differences(after, again.after), [])
        assert.deepEqual(again.spec.body, updateAgain(again.after, { old: now }).spec.body)
      }),
    )
  })

  it('a value of the user survives unless it is the old image’s default', () => {
    fc.assert(
      fc.property(body('u', 'i'), config('i'), config('i'), (asked, old, now) => {
        const { after } = update({ body: asked, old, new: now })
        const { Env = [], Labels = {} } = asked as { Env?: string[]; Labels?: JsonObject }
        for (const entry of Env)
          assert.ok(old.Env.includes(entry) || (after.Config.Env as string[]).includes(entry), entry)
        for (const [key, value] of Object.entries(Labels))
          assert.ok(old.Labels[key] === value || (after.Config.Labels as JsonObject)[key] === value, key)
      }),
    )
  })

  it('a pinned variable or label keeps its value', () => {
    fc.assert(
      fc.property(body('u', 'i'), config('i'), config('i'), (asked, old, now) => {
        const pins = ['A', 'B', 'C', 'D'].flatMap((key) => [`env:${key}`, `label:${key}`])
        const { before, after } = update({ body: asked, old, new: now, options: { pins } } satisfies Case)
        const kept = before.Config as { Env: string[]; Labels: JsonObject }
        for (const entry of kept.Env) assert.ok((after.Config.Env as string[]).includes(entry), entry)
        assert.deepEqual({ ...(after.Config.Labels as JsonObject), ...kept.Labels }, after.Config.Labels)
      }),
    )
  })

  it('what the spec foretells is what an inspection says', () => {
    fc.assert(
      fc.property(body('u', 'i'), config('i'), config('i'), (asked, old, now) => {
        const { spec, after } = update({ body: asked, old, new: now })
        const { Hostname: _, MacAddress: __, ...config } = after.Config
        const { Hostname: ___, ...expected } = spec.expected
        assert.deepEqual(
          JSON.parse(JSON.stringify(withDefaults(expected))),
          JSON.parse(JSON.stringify(withDefaults(config))),
        )
      }),
    )
  })
})

/** The ideal one has no volume of the old one: those that came along count as its own, if they are the old one's. */
function sameVolumes(
  after: InspectedContainer,
  before: InspectedContainer,
  ideal: InspectedContainer,
): InspectedContainer {
  const at = ({ Mounts }: InspectedContainer, path: unknown) => Mounts?.find(({ Destination }) => Destination === path)
  const Mounts = (after.Mounts ?? []).flatMap((mount) => {
    const [old, wished] = [at(before, mount.Destination), at(ideal, mount.Destination)]
    if (old === undefined) return wished?.Type === 'volume' && mount.Name !== wished.Name ? [wished] : [mount]
    assert.equal(mount.Name, old.Name, 'the same volume')
    return wished === undefined ? [] : [wished]
  })
  return { ...after, Mounts }
}

/** In host mode a hostname of the user's cannot be told from the machine's, which is not given here. */
function hostNoise(asked: JsonObject): string[] {
  const isHost = (asked.HostConfig as JsonObject).NetworkMode === 'host'
  return isHost && asked.Hostname !== undefined ? ['Config.Hostname'] : []
}

function withDefaults(config: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({ StopSignal: '', ...config }).filter(([, value]) => value !== '' && value !== undefined),
  )
}
