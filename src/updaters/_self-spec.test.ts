import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InspectedContainer, JsonObject } from '../domain/container-spec/types.ts'
import { helperSpec } from './_self-spec.ts'

const IMAGE = { Id: 'sha256:old', Config: { Env: ['PATH=/bin'], Cmd: ['serve'], Labels: { vendor: 'x' } } }
const CONTAINER: InspectedContainer = {
  Id: 'a'.repeat(64),
  Name: '/ship',
  Image: 'sha256:old',
  State: { Running: true },
  Config: {
    Image: 'ship:latest',
    Hostname: 'ships',
    User: '1000:1000',
    Env: ['PATH=/bin', 'DOCKER_HOST=tcp://proxy:2375'],
    Cmd: ['serve'],
    Labels: { vendor: 'x', 'traefik.enable': 'true', 'com.docker.compose.service': 'ship' },
    ExposedPorts: { '8080/tcp': {} },
  },
  HostConfig: {
    Binds: ['/srv/data:/data'],
    NetworkMode: 'front',
    PortBindings: { '8080/tcp': [{ HostPort: '8080' }] },
    RestartPolicy: { Name: 'unless-stopped' },
    GroupAdd: ['998'],
    Memory: 268435456,
  },
  NetworkSettings: {
    Networks: {
      front: { Aliases: ['ship'], IPAMConfig: { IPv4Address: '10.0.0.9' }, NetworkID: 'n1' },
      back: { NetworkID: 'n2' },
    },
  },
  Mounts: [{ Type: 'volume', Name: 'f'.repeat(64), Destination: '/cache', RW: true, Driver: 'local' }],
}

const specFor = (apiVersion: string) =>
  helperSpec({ container: CONTAINER, image: IMAGE, apiVersion, update: 'u1', command: ['/node', 'main.ts', 'x'] })

test('a helper has the rights, mounts and environment of our container and runs its own command', () => {
  const { body } = specFor('1.51')
  assert.equal(body.Image, 'sha256:old')
  assert.equal(body.User, '1000:1000')
  assert.deepEqual(body.Env, ['DOCKER_HOST=tcp://proxy:2375'])
  assert.deepEqual([body.Entrypoint, body.Cmd], [['/node'], ['main.ts', 'x']])
  const host = body.HostConfig as JsonObject
  assert.deepEqual([host.Binds, host.GroupAdd, host.Memory], [['/srv/data:/data'], ['998'], 268435456])
  assert.match(JSON.stringify(host.Mounts), /"Source":"f{64}","Target":"\/cache"/)
})

test('it takes nothing that can be had once, and no label by which others find ours', () => {
  const { body, later } = specFor('1.51')
  const host = body.HostConfig as JsonObject
  assert.deepEqual([host.PortBindings, body.ExposedPorts, body.Hostname], [{}, {}, undefined])
  assert.deepEqual(body.NetworkingConfig, { EndpointsConfig: { front: {}, back: {} } })
  assert.deepEqual(later, [])
  assert.deepEqual(Object.keys(body.Labels as object).sort(), [
    'diun.enable',
    'seaworthy.enable',
    'seaworthy.internal.helper',
  ])
})

test('the engine starts it again whatever ends it', () => {
  const { body } = specFor('1.51')
  const host = body.HostConfig as JsonObject
  assert.deepEqual([host.RestartPolicy, host.AutoRemove], [{ Name: 'always' }, false])
})

test('before API 1.44 the other networks are connected after its creation', () => {
  const { body, later } = specFor('1.41')
  assert.deepEqual(body.NetworkingConfig, { EndpointsConfig: { front: {} } })
  assert.deepEqual(later, ['back'])
})
