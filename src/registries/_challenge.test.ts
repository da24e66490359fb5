import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from './_challenge.ts'

const bearer = (params: Record<string, string>) => ({ scheme: 'bearer', params })

for (const [header, expected] of [
  ['', []],
  ['Basic', [{ scheme: 'basic', params: {} }]],
  ['Basic realm="Registry Realm"', [{ scheme: 'basic', params: { realm: 'Registry Realm' } }]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull,push"',
    [
      bearer({
        realm: 'https://auth.docker.io/token',
        service: 'registry.docker.io',
        scope: 'repository:library/nginx:pull,push',
      }),
    ],
  ],
  [
    'Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*"',
    [bearer({ realm: 'https://codeberg.org/v2/token', service: 'container_registry', scope: '*' })],
  ],
  [
    'Basic realm="a, b", Bearer realm="https://x/t" , Service=y',
    [{ scheme: 'basic', params: { realm: 'a, b' } }, bearer({ realm: 'https://x/t', service: 'y' })],
  ],
  [
    'Negotiate, Basic realm=x',
    [
      { scheme: 'negotiate', params: {} },
      { scheme: 'basic', params: { realm: 'x' } },
    ],
  ],
  ['Negotiate TlRMTVNTUAA=, Bearer realm=x', [{ scheme: 'negotiate', params: {} }, bearer({ realm: 'x' })]],
  [
    'Bearer realm="say \\"hi\\"",error="insufficient_scope"',
    [bearer({ realm: 'say "hi"', error: 'insufficient_scope' })],
  ],
  ['bearer realm = "x" service="without a comma"', [bearer({ realm: 'x', service: 'without a comma' })]],
  ['Bearer realm="unfinished', [bearer({})]],
] as const) {
  test(`the challenge ${JSON.stringify(header)} is read`, () => assert.deepEqual(parseChallenges(header), expected))
}

test('any text is read in the end', () => {
  const piece = fc.constantFrom('Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'realm', 'x', '/')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => Array.isArray(parseChallenges(pieces.join('')))),
  )
})
