import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Failure } from './failure.ts'
import {
  familiarName,
  formatImageReference,
  isBareId,
  nameOf,
  parseImageReference,
  tagOf,
  withTag,
} from './image-reference.ts'

const HEX = '0123456789abcdef'.repeat(4)
const ZEROS = `sha256:${'0'.repeat(64)}`

// text, registry, repository, tag in use, and what else the text says
const READ: readonly [string, string, string, string | undefined, { digest?: string; scheme?: string }?][] = [
  ['alpine', 'docker.io', 'library/alpine', 'latest'],
  ['ubuntu', 'docker.io', 'library/ubuntu', 'latest'],
  ['nginx:1.25', 'docker.io', 'library/nginx', '1.25'],
  ['library/nginx:1.25', 'docker.io', 'library/nginx', '1.25'],
  ['docker.io/ubuntu', 'docker.io', 'library/ubuntu', 'latest'],
  ['docker.io/library/nginx', 'docker.io', 'library/nginx', 'latest'],
  ['docker.io/nginx', 'docker.io', 'library/nginx', 'latest'],
  ['index.docker.io/library/nginx', 'docker.io', 'library/nginx', 'latest'],
  ['registry-1.docker.io/library/nginx', 'docker.io', 'library/nginx', 'latest'],
  ['docker.io/crazymax/nextcloud:latest', 'docker.io', 'crazymax/nextcloud', 'latest'],
  ['linuxserver/calibre', 'docker.io', 'linuxserver/calibre', 'latest'],
  ['budibase/budibase', 'docker.io', 'budibase/budibase', 'latest'],
  ['plexinc/pms-docker', 'docker.io', 'plexinc/pms-docker', 'latest'],
  ['n8nio/n8n', 'docker.io', 'n8nio/n8n', 'latest'],
  ['pihole/pihole', 'docker.io', 'pihole/pihole', 'latest'],
  ['portainer/portainer-ce', 'docker.io', 'portainer/portainer-ce', 'latest'],
  ['crazymax/diun', 'docker.io', 'crazymax/diun', 'latest'],
  ['jellyfin/jellyfin', 'docker.io', 'jellyfin/jellyfin', 'latest'],
  ['a/b/c', 'docker.io', 'a/b/c', 'latest'],
  // Without a slash even a text with dots is a repository.
  ['foo.bar', 'docker.io', 'library/foo.bar', 'latest'],
  [
    'jfrog-docker-reg2.bintray.io/jfrog/artifactory-oss:4.0.0',
    'jfrog-docker-reg2.bintray.io',
    'jfrog/artifactory-oss',
    '4.0.0',
  ],
  ['docker.bintray.io/jfrog/xray-server:2.8.6', 'docker.bintray.io', 'jfrog/xray-server', '2.8.6'],
  ['gcr.io/google-containers/busybox:latest', 'gcr.io', 'google-containers/busybox', 'latest'],
  [
    `gcr.io/google-containers/busybox:latest@sha256:${HEX}`,
    'gcr.io',
    'google-containers/busybox',
    'latest',
    { digest: `sha256:${HEX}` },
  ],
  ['gcr.io/a/b/c', 'gcr.io', 'a/b/c', 'latest'],
  [
    'docker.pkg.github.com/crazy-max/ddns-route53/ddns-route53:latest',
    'docker.pkg.github.com',
    'crazy-max/ddns-route53/ddns-route53',
    'latest',
  ],
  ['registry.gitlab.com/meltano/meltano', 'registry.gitlab.com', 'meltano/meltano', 'latest'],
  ['registry.k8s.io/pause', 'registry.k8s.io', 'pause', 'latest'],
  ['quay.io/coreos/hyperkube', 'quay.io', 'coreos/hyperkube', 'latest'],
  ['quay.io/x/y/z', 'quay.io', 'x/y/z', 'latest'],
  ['ghcr.io/crazy-max/ddns-route53', 'ghcr.io', 'crazy-max/ddns-route53', 'latest'],
  ['ghcr.io/linuxserver/radarr', 'ghcr.io', 'linuxserver/radarr', 'latest'],
  ['ghcr.io/homarr-labs/homarr', 'ghcr.io', 'homarr-labs/homarr', 'latest'],
  ['ghcr.io/mealie-recipes/mealie', 'ghcr.io', 'mealie-recipes/mealie', 'latest'],
  ['ghcr.io/a/b:1', 'ghcr.io', 'a/b', '1'],
  ['lscr.io/linuxserver/prowlarr', 'lscr.io', 'linuxserver/prowlarr', 'latest'],
  [
    '111111111111.dkr.ecr.us-east-1.amazonaws.com/team/api',
    '111111111111.dkr.ecr.us-east-1.amazonaws.com',
    'team/api',
    'latest',
  ],
  ['myregistry:5000/ns/repo', 'myregistry:5000', 'ns/repo', 'latest'],
  [`reg:5000/a:1@${ZEROS}`, 'reg:5000', 'a', '1', { digest: ZEROS }],
  ['localhost/myimage', 'localhost', 'myimage', 'latest'],
  ['localhost:5000/img', 'localhost:5000', 'img', 'latest'],
  ['LOCALHOST/x', 'LOCALHOST', 'x', 'latest'],
  ['UPPER/case', 'UPPER', 'case', 'latest'],
  ['[::1]:5000/a', '[::1]:5000', 'a', 'latest'],
  ['http://reg.local:5000/ns/repo', 'reg.local:5000', 'ns/repo', 'latest', { scheme: 'http' }],
  ['https://reg.local/ns/repo', 'reg.local', 'ns/repo', 'latest', { scheme: 'https' }],
  ['busybox:notlatest', 'docker.io', 'library/busybox', 'notlatest'],
  // A digest alone follows no tag.
  [`busybox@sha256:${HEX}`, 'docker.io', 'library/busybox', undefined, { digest: `sha256:${HEX}` }],
  [`busybox:v1.0.0@sha256:${HEX}`, 'docker.io', 'library/busybox', 'v1.0.0', { digest: `sha256:${HEX}` }],
]

for (const [text, registry, repository, tag, more = {}] of READ)
  test(`"${text}" is ${repository} of ${registry}`, () => {
    const reference = parseImageReference(text)
    assert.equal(reference.registry, registry)
    assert.equal(reference.repository, repository)
    assert.equal(tagOf(reference), tag)
    assert.deepEqual(
      { digest: reference.digest, scheme: reference.scheme },
      { digest: undefined, scheme: undefined, ...more },
    )
  })

const REFUSED: readonly [string, RegExp][] = [
  ['', /it is empty/],
  ['nginx@sha256:abc', /malformed digest "sha256:abc"/],
  ['UPPERCASEISINVALID', /must be lower case/],
  [HEX, /image id and names no repository/],
  [`sha256:${HEX}`, /image id and names no repository/],
  ['nginx:', /malformed tag ""/],
  ['nginx:a b', /malformed tag "a b"/],
  [`nginx:${'a'.repeat(129)}`, /malformed tag/],
  ['ghcr.io/', /an empty part/],
  ['a//b', /an empty part/],
  ['-host.io/a', /malformed registry host/],
  ['a/-b', /malformed repository part "-b"/],
  [`a/${'b'.repeat(260)}`, /longer than 255/],
]

for (const [text, reason] of REFUSED)
  test(`"${text.slice(0, 30)}" is refused: ${reason.source}`, () => {
    assert.throws(
      () => parseImageReference(text),
      (error) => error instanceof Failure && error.code === 'invalid' && reason.test(error.message),
    )
  })

for (const [text, expected] of [
  [`sha256:${HEX}`, true],
  [`@sha256:${HEX}`, true],
  [`@${HEX}`, true],
  [HEX, true],
  [`alpine@sha256:${HEX}`, false],
  [`sha256:${HEX.slice(0, 16)}`, false],
  [`sha256:${HEX.toUpperCase()}`, false],
  ['nginx', false],
] as const)
  test(`"${text.slice(0, 24)}" (${text.length} characters) is ${expected ? '' : 'not '}a bare id`, () => {
    assert.equal(isBareId(text), expected)
  })

for (const [text, full, short] of [
  ['nginx', 'docker.io/library/nginx:latest', 'nginx'],
  ['linuxserver/sonarr:4.0.16.2944-ls299', 'docker.io/linuxserver/sonarr:4.0.16.2944-ls299', 'linuxserver/sonarr'],
  ['ghcr.io/homarr-labs/homarr:v1.9.0', 'ghcr.io/homarr-labs/homarr:v1.9.0', 'ghcr.io/homarr-labs/homarr'],
  [`nginx@${ZEROS}`, `docker.io/library/nginx@${ZEROS}`, 'nginx'],
] as const)
  test(`"${text.slice(0, 40)}" in full is ${full.slice(0, 60)} and in short ${short}`, () => {
    const reference = parseImageReference(text)
    assert.equal(formatImageReference(reference), full)
    assert.equal(familiarName(reference), short)
  })

test('another tag drops the digest', () => {
  const reference = withTag(parseImageReference(`nginx:1@${ZEROS}`), '2')
  assert.equal(formatImageReference(reference), 'docker.io/library/nginx:2')
})

const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,2})[a-z0-9]{1,6}){0,2}$/)
const host = fc.constantFrom('ghcr.io', 'localhost:5000', '[::1]:5000', 'reg.example.com', '10.0.0.1:80')

test('what is written in full reads as the same again', () => {
  fc.assert(
    fc.property(
      fc.record({
        host,
        path: fc.array(part, { minLength: 1, maxLength: 4 }),
        tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/)),
        digest: fc.option(fc.stringMatching(/^[0-9a-f]{64}$/)),
      }),
      ({ host, path, tag, digest }) => {
        const text = `${host}/${path.join('/')}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@sha256:${digest}`}`
        const reference = parseImageReference(text)
        assert.equal(nameOf(reference), `${host}/${path.join('/')}`)
        assert.deepEqual(parseImageReference(formatImageReference(reference)), {
          ...reference,
          ...(tagOf(reference) === undefined ? {} : { tag: tagOf(reference) }),
        })
      },
    ),
  )
})

test('any text is either an image or a failure that says why', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (text) => {
      try {
        parseImageReference(text)
      } catch (error) {
        assert.ok(error instanceof Failure)
      }
    }),
  )
})
