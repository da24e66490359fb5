import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findDependants } from './dependants.ts'
import { containerOf } from './fixtures/specs.ts'
import { refusalOf } from './refusal.ts'
import type { InspectedContainer, JsonObject } from './types.ts'

const vpn = containerOf({ Name: '/vpn' })

describe('who must follow a container', () => {
  const direct: [name: string, hostConfig: JsonObject, role: string | undefined][] = [
    ['network of', { NetworkMode: `container:${vpn.Id}` }, 'namespace'],
    ['processes of', { PidMode: `container:${vpn.Id}` }, 'namespace'],
    ['memory of', { IpcMode: 'container:vpn' }, 'namespace'],
    ['a short id', { NetworkMode: `container:${vpn.Id.slice(0, 12)}` }, 'namespace'],
    ['a link', { Links: ['/vpn:/child/tunnel'] }, 'link'],
    ['a link as it is written', { Links: ['vpn:tunnel'] }, 'link'],
    ['volumes', { VolumesFrom: ['vpn:ro'] }, 'volumes'],
    ['the strongest reason', { VolumesFrom: ['vpn'], PidMode: `container:${vpn.Id}` }, 'namespace'],
    ['a name that only begins alike', { NetworkMode: 'container:vp', Links: ['/vpn2:/child/x'] }, undefined],
    ['nothing of it', { NetworkMode: 'vpn', IpcMode: 'shareable' }, undefined],
  ]
  for (const [name, HostConfig, role] of direct)
    it(`${name}: ${role ?? 'not'}`, () => {
      const { recreate } = findDependants(vpn, [containerOf({ Name: '/child', HostConfig }), vpn])
      assert.deepEqual(
        recreate.map((one) => [one.name, one.role]),
        role === undefined ? [] : [['child', role]],
      )
    })

  it('a link inside a network of the user', () => {
    const child = containerOf({ Name: '/child', NetworkSettings: { Networks: { n: { Links: ['vpn:tunnel'] } } } })
    assert.equal(findDependants(vpn, [child]).recreate[0]?.role, 'link')
  })

  it('N13 all of them in order, each once, whatever the order of the list', () => {
    const b = containerOf({ Name: '/b', HostConfig: { NetworkMode: `container:${vpn.Id}` } })
    const c = containerOf({ Name: '/c', HostConfig: { NetworkMode: `container:${b.Id}`, Links: ['/vpn:/c/x'] } })
    const d = containerOf({ Name: '/d', HostConfig: { PidMode: `container:${c.Id}`, VolumesFrom: ['b'] } })
    const other = containerOf({ Name: '/other', HostConfig: { Links: ['/elsewhere:/other/x'] } })
    for (const all of permutations([vpn, b, c, d, other]))
      assert.deepEqual(names(findDependants(vpn, all).recreate), ['b', 'c', 'd'])
    assert.deepEqual(names(findDependants(c, [vpn, b, c, d]).recreate), ['d'])
  })

  it('two that hold on to each other do not go round for ever', () => {
    const a = containerOf({ Name: '/a', HostConfig: { VolumesFrom: ['vpn', 'b'] } })
    const b = containerOf({ Name: '/b', HostConfig: { VolumesFrom: ['a'] } })
    assert.deepEqual(names(findDependants(vpn, [a, b]).recreate), ['a', 'b'])
  })

  it('a stopped one follows too, since it could not be started any more', () => {
    const State = { Status: 'exited', Running: false }
    const child = containerOf({ Name: '/child', HostConfig: { NetworkMode: `container:${vpn.Id}` }, State })
    assert.deepEqual(names(findDependants(vpn, [child]).recreate), ['child'])
  })

  it('a link follows its target’s rename, the text of a donor does not', () => {
    const parked = containerOf({ Name: '/db__prev_0a1b2c3d' })
    const linked = containerOf({ Name: '/linked', HostConfig: { Links: ['/db__prev_0a1b2c3d:/linked/db'] } })
    const borrower = containerOf({ Name: '/borrower', HostConfig: { VolumesFrom: ['db'] } })
    assert.deepEqual(names(findDependants(parked, [linked, borrower]).recreate), ['linked', 'borrower'])
    const db = containerOf({ Name: '/db' })
    assert.deepEqual(names(findDependants(parked, [linked, borrower, db]).recreate), ['linked'])
  })

  it('C12 runs of once, tasks of a swarm and what another update holds are left out', () => {
    const HostConfig = { NetworkMode: `container:${vpn.Id}` }
    const all = [
      containerOf({ Name: '/run', HostConfig, Config: { Labels: { 'com.docker.compose.oneoff': 'True' } } }),
      containerOf({ Name: '/task', HostConfig, Config: { Labels: { 'com.docker.swarm.service.id': 'x' } } }),
      containerOf({ Name: '/child__prev_0a1b2c3d', HostConfig }),
      containerOf({ Name: '/child', HostConfig, Config: { Labels: { 'com.docker.compose.oneoff': 'False' } } }),
    ]
    assert.deepEqual(names(findDependants(vpn, all).recreate), ['child'])
  })
})

describe('C08 who is restarted after a compose service', () => {
  const db = service('db', '')
  const rows: [name: string, container: InspectedContainer, isRestarted: boolean][] = [
    ['with restart: true', service('web', 'cache:service_started:false,db:service_healthy:true'), true],
    ['with restart: false', service('web', 'db:service_healthy:false'), false],
    ['without a third field', service('web', 'db:service_started'), false],
    ['of another service', service('web', 'db2:service_started:true'), false],
    ['of another project', service('web', 'db:service_started:true', { project: 'other' }), false],
    ['that is stopped', service('web', 'db:service_started:true', { Running: false }), false],
    ['that is paused', service('web', 'db:service_started:true', { Paused: true }), false],
    ['that is not of compose', containerOf({ Name: '/web' }), false],
    ['for one run', service('web', 'db:service_started:true', { oneoff: 'True' }), false],
  ]
  for (const [name, container, isRestarted] of rows)
    it(`one ${name}: ${isRestarted ? 'yes' : 'no'}`, () => {
      const { recreate, restart } = findDependants(db, [container, db])
      assert.deepEqual([names(recreate), names(restart)], [[], isRestarted ? ['web'] : []])
    })

  it('one that is made anew is not restarted as well, and those who follow it are', () => {
    const side = service('side', 'db:service_started:true', { NetworkMode: `container:${db.Id}` })
    const web = service('web', 'side:service_started:true')
    const { recreate, restart } = findDependants(db, [web, side, db])
    assert.deepEqual([names(recreate), restart.map(({ name, role }) => [name, role])], [['side'], [['web', 'restart']]])
  })

  it('two containers outside of compose are not of one project', () => {
    const child = containerOf({
      Name: '/x',
      Config: { Labels: { 'com.docker.compose.depends_on': ':service_started:true' } },
    })
    assert.deepEqual(findDependants(vpn, [child]).restart, [])
  })
})

describe('which containers are not replaced', () => {
  const rows: [name: string, parts: Partial<InspectedContainer>, code: string | undefined, says: RegExp][] = [
    ['a task of a swarm', labelled({ 'com.docker.swarm.service.id': 'x' }), 'unsupported', /docker service update/],
    ['C12 a run of once', labelled({ 'com.docker.compose.oneoff': 'True' }), 'unsupported', /one run/],
    ['a container of a pod', labelled({ 'io.kubernetes.pod.uid': 'x' }), 'unsupported', /Kubernetes/],
    ['what holds a pod together', { IsInfra: true }, 'unsupported', /pod/],
    ['H11 one that goes away when it stops', { HostConfig: { AutoRemove: true } }, 'unsupported', /--rm/],
    [
      'one that restarts',
      { State: { Status: 'restarting', Running: true, Restarting: true } },
      'conflict',
      /docker logs/,
    ],
    ['one that is being removed', { State: { Status: 'removing' } }, 'conflict', /removed/],
    ['one that is dead', { State: { Status: 'dead', Dead: true } }, 'conflict', /docker rm/],
    ['a service of compose', labelled({ 'com.docker.compose.oneoff': 'False' }), undefined, /^$/],
    ['H14 a paused one', { State: { Status: 'paused', Running: true, Paused: true } }, undefined, /^$/],
    ['H14 one that was never started', { State: { Status: 'created' } }, undefined, /^$/],
    ['H14 a stopped one', { State: { Status: 'exited' } }, undefined, /^$/],
  ]
  for (const [name, parts, code, says] of rows)
    it(`${name}: ${code ?? 'may be'}`, () => {
      const refusal = refusalOf(containerOf({ Name: '/web', ...parts }))
      assert.equal(refusal?.code, code)
      assert.match(refusal === undefined ? '' : `${refusal.message} ${refusal.remedy}`, says)
      if (refusal !== undefined) assert.equal(refusal.where, 'container "web"')
    })
})

interface ServiceParts {
  readonly project?: string
  readonly oneoff?: string
  readonly Running?: boolean
  readonly Paused?: boolean
  readonly NetworkMode?: string
}

function service(name: string, dependsOn: string, parts: ServiceParts = {}): InspectedContainer {
  const { project = 'p', oneoff = 'False', Running = true, Paused = false, NetworkMode = 'p_default' } = parts
  const labels = { project, service: name, oneoff, depends_on: dependsOn }
  return containerOf({
    Name: `/${name}`,
    Config: {
      Labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`com.docker.compose.${key}`, value])),
    },
    HostConfig: { NetworkMode },
    State: { Running, Paused },
  })
}

function labelled(Labels: Record<string, string>): Partial<InspectedContainer> {
  return { Config: { Labels } }
}

function names(containers: readonly { name: string }[]): string[] {
  return containers.map(({ name }) => name)
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]))
}
