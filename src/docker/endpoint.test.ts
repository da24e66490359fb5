import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { sshArguments } from './ssh.ts'

const HOME = '/home/me'

const READ: readonly [text: string, hasTls: boolean, expected: Endpoint][] = [
  ['unix:///var/run/docker.sock', false, { kind: 'unix', path: '/var/run/docker.sock' }],
  ['unix://~/.docker/run/docker.sock', false, { kind: 'unix', path: '/home/me/.docker/run/docker.sock' }],
  ['/run/podman/podman.sock', false, { kind: 'unix', path: '/run/podman/podman.sock' }],
  ['tcp://nas:2375', false, { kind: 'tcp', host: 'nas', port: 2375, tls: false, basePath: '' }],
  ['tcp://nas', false, { kind: 'tcp', host: 'nas', port: 2375, tls: false, basePath: '' }],
  ['tcp://nas', true, { kind: 'tcp', host: 'nas', port: 2376, tls: true, basePath: '' }],
  ['tcp://nas:80', true, { kind: 'tcp', host: 'nas', port: 80, tls: true, basePath: '' }],
  ['tcp://[::1]:2375', false, { kind: 'tcp', host: '::1', port: 2375, tls: false, basePath: '' }],
  ['http://proxy/docker/', true, { kind: 'tcp', host: 'proxy', port: 80, tls: false, basePath: '/docker' }],
  ['https://proxy', false, { kind: 'tcp', host: 'proxy', port: 443, tls: true, basePath: '' }],
  ['ssh://me@nas:2222', false, { kind: 'ssh', host: 'nas', user: 'me', port: 2222 }],
  ['ssh://nas', false, { kind: 'ssh', host: 'nas' }],
  [
    'ssh://me@nas/run/user/1000/docker.sock',
    false,
    { kind: 'ssh', host: 'nas', user: 'me', socket: '/run/user/1000/docker.sock' },
  ],
]

for (const [text, hasTls, expected] of READ)
  test(`${text} ${hasTls ? 'with' : 'without'} certificates is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(parseEndpoint(text, { hasTls, home: HOME }), expected)
  })

const REFUSED: readonly [text: string, reason: RegExp][] = [
  ['', /no scheme/],
  ['nas:2375', /no scheme/],
  ['unix://docker.sock', /must begin with \//],
  ['ftp://nas', /"ftp" is not a way/],
  ['npipe:////./pipe/docker_engine', /named pipes/],
  ['tcp://:2375', /host/],
  ['tcp://nas:99999', /host or port/],
  ['tcp://user@nas', /no use here/],
  ['ssh://-oProxyCommand=touch%20x', /not a host name/],
  ['ssh://-oProxyCommand/x', /not a host name/],
  ['ssh://me@-x', /not a host name/],
  ['ssh://-oProxyCommand=x@nas', /not a user name/],
  ['ssh://me:pass@nas', /not a password/],
  ['ssh://a;b@nas', /not a user name/],
  ['ssh://nas/run/$(touch x)', /not the path of a socket/],
  ['ssh://nas/run/a;b', /not the path of a socket/],
  ['ssh://$(x)', /not a host name|host or port/],
]

for (const [text, reason] of REFUSED)
  test(`the endpoint "${text}" is refused: ${reason.source}`, () => {
    assert.throws(
      () => parseEndpoint(text, { hasTls: false, home: HOME }),
      (error) => error instanceof Failure && reason.test(error.message) && error.remedy !== undefined,
    )
  })

for (const text of ['tcp://me:s3cr3t@nas:2375', 'ssh://me:s3cr3t@nas', 'tcp://me:s3cr3t@nas:99999', 'ftp://s3cr3t@nas'])
  test(`what stands before the @ of ${text.slice(0, 3)} is not repeated when it is refused`, () => {
    assert.throws(
      () => parseEndpoint(text, { hasTls: false, home: HOME }),
      (error) => error instanceof Failure && !`${error.stack}${error.remedy}`.includes('s3cr3t'),
    )
  })

test('a user name of ssh that cannot be decoded is refused in words', () => {
  assert.throws(() => parseEndpoint('ssh://us%zz@nas', { hasTls: false, home: HOME }), Failure)
})

test('ssh gets the host behind --, so that it cannot become an option', () => {
  const args = sshArguments({ kind: 'ssh', host: 'nas', user: 'me', port: 2222, socket: '/run/d.sock' })
  assert.deepEqual(args.slice(-11), [
    ...['-l', 'me', '-p', '2222', '--', 'nas'],
    ...['docker', '--host', 'unix:///run/d.sock', 'system', 'dial-stdio'],
  ])
  assert.ok(args.includes('BatchMode=yes'))
})
