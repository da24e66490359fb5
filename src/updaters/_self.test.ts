import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, type ScriptedCall, scriptDocker } from '../../test/kit/scripted-docker.ts'
import type { OwnTraces } from '../docker/own-container.ts'
import type { Plan } from '../domain/update.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../domain/update-settings.ts'
import { createSelf } from './_self.ts'
import { guarded } from './_self-guard.ts'
import type { Run, Updater } from './_updater.ts'

const NEVER = new AbortController().signal
const [OWN, VPN, THIRD] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string]

interface Made {
  readonly id: string
  readonly name: string
  readonly network?: string
  readonly layer?: string
  readonly labels?: Readonly<Record<string, string>>
}

/** An engine that runs these containers. */
function engineOf(...containers: readonly Made[]) {
  return scriptDocker(({ path }: ScriptedCall) => {
    if (path === '/containers/json')
      return containers.map(({ id, network }) => ({ Id: id, HostConfig: { NetworkMode: network ?? 'bridge' } }))
    const asked = /^\/containers\/([^/]+)\/json$/.exec(path)?.[1] ?? ''
    const made = containers.find(({ id, name }) => id.startsWith(asked) || name === asked)
    return (
      made && {
        Id: made.id,
        Name: `/${made.name}`,
        Image: 'sha256:1',
        Config: { Labels: made.labels ?? {} },
        HostConfig: { NetworkMode: made.network ?? 'bridge' },
        NetworkSettings: {},
        State: { Running: true },
        GraphDriver: { Data: { UpperDir: `/var/lib/docker/overlay2/${made.layer}/diff` } },
      }
    )
  })
}

const traces = (...ids: readonly string[]): OwnTraces => ({ ids, isSure: false, layer: undefined })

function planOf(name: string, ...ids: readonly string[]): Plan {
  const containers = ids.map((id) => ({ id, name, role: 'workload' as const }))
  return {
    ...{ updater: 'container', host: 'here', workload: `docker/here/${name}`, name, platform: 'linux/amd64' },
    ...{ from: { reference: 'app:1' }, to: { reference: 'app:2' }, changes: [], notes: [], pins: [], data: {} },
    containers: containers as unknown as Plan['containers'],
    gate: DEFAULT_UPDATE_SETTINGS.gate,
  }
}

const CONCERNS: readonly [
  string,
  { made: readonly Made[]; traces: OwnTraces; plan: Plan; update?: string },
  boolean,
][] = [
  [
    'a plan for its own container',
    { made: [{ id: OWN, name: 'ship' }], traces: traces(OWN), plan: planOf('ship', OWN) },
    true,
  ],
  [
    'a plan that takes its own container along',
    { made: [{ id: OWN, name: 'ship' }], traces: traces(OWN), plan: planOf('vpn', VPN, OWN) },
    true,
  ],
  [
    'a plan for another one',
    {
      made: [
        { id: OWN, name: 'ship' },
        { id: VPN, name: 'web' },
      ],
      traces: traces(OWN),
      plan: planOf('web', VPN),
    },
    false,
  ],
  [
    'the new container that an update has made: the plan knows only the old one',
    {
      made: [{ id: OWN, name: 'ship', labels: { 'seaworthy.internal.update': 'u1' } }],
      ...{ traces: traces(OWN), plan: planOf('other', VPN), update: 'u1' },
    },
    true,
  ],
  [
    'found by the host name alone',
    { made: [{ id: OWN, name: 'ship' }], traces: traces(OWN.slice(0, 12)), plan: planOf('ship', OWN) },
    true,
  ],
  [
    'a host name that no engine knows',
    { made: [{ id: VPN, name: 'web' }], traces: traces('0123456789ab'), plan: planOf('web', VPN) },
    false,
  ],
  [
    'put aside when it was found: by the name that it had',
    { made: [{ id: OWN, name: 'ship__prev_aaaaaaaa' }], traces: traces(OWN), plan: planOf('ship', THIRD) },
    true,
  ],
  [
    'in the network of another one, told from it by its layer: that one is not its own',
    {
      made: [
        { id: VPN, name: 'vpn', layer: 'l1' },
        { id: OWN, name: 'ship', layer: 'l2', network: `container:${VPN}` },
      ],
      ...{ traces: { ...traces(VPN), layer: 'l2' }, plan: planOf('vpn', VPN) },
    },
    false,
  ],
  [
    'in the network of another one and not to be told from it: either may be its own',
    {
      made: [
        { id: VPN, name: 'vpn' },
        { id: OWN, name: 'ship', network: `container:${VPN}` },
      ],
      ...{ traces: traces(VPN), plan: planOf('ship', OWN) },
    },
    true,
  ],
  ['no container at all', { made: [{ id: OWN, name: 'ship' }], traces: traces(), plan: planOf('ship', OWN) }, false],
]

for (const [name, { made, traces, plan, update }, expected] of CONCERNS) {
  test(`${name}: ${expected ? 'concerns it' : 'does not concern it'}`, async () => {
    const docker = engineOf(...made)
    const self = createSelf({ traces, docker: async () => docker })
    assert.equal(await self.isIn(plan, update ?? 'u0', NEVER), expected)
  })
}

test('a host that was away is asked again, one that answered is not', async () => {
  let isAway = true
  const engine = engineOf({ id: OWN, name: 'ship' })
  const docker = scriptDocker((call) => {
    if (isAway) throw refusal(503)
    return engine.request(call.method, call.path).then(({ body }) => body)
  })
  const self = createSelf({ traces: traces(OWN), docker: async () => docker })
  await assert.rejects(self.on('here', NEVER))
  assert.equal(self.known('here'), undefined)
  isAway = false
  assert.equal((await self.on('here', NEVER))?.name, 'ship')
  const asked = docker.calls.length
  await self.on('here', NEVER)
  assert.equal(docker.calls.length, asked)
})

for (const method of ['prepare', 'park', 'swap', 'start', 'gate', 'commit', 'rollBack'] as const) {
  test(`nothing of ${method} is done to the container it runs in`, async () => {
    const done: string[] = []
    const updater = { [method]: async (plan: Plan) => void done.push(plan.name) } as unknown as Updater
    const wary = guarded(updater, async ({ name }) => name === 'ship')
    const run = { id: 'u1', signal: NEVER } as Run
    await assert.rejects(wary[method](planOf('ship', OWN), run), /does not stop the container it runs in/)
    await wary[method](planOf('web', VPN), run)
    assert.deepEqual(done, ['web'])
  })
}
