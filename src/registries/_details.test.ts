import assert from 'node:assert/strict'
import { test } from 'node:test'
import { image, testClient } from '../../test/kit/registry-client.ts'
import { type DoubleOptions, startRegistryDouble } from '../../test/kit/registry-double.ts'
import type { ImageSpec } from '../../test/kit/registry-double-images.ts'
import { parsePlatform } from '../domain/platform.ts'
import { chooseEntry } from './_details.ts'

async function detailsOf(
  spec: ImageSpec,
  { platform = 'linux/amd64', ...options }: DoubleOptions & { platform?: string } = {},
) {
  await using double = await startRegistryDouble(options)
  await using my = testClient()
  const pushed = double.push('a/b', '1', spec)
  const reference = image(`${double.host}/a/b:1`)
  const details = await my.client.details(reference, pushed.digest, { platform: parsePlatform(platform) })
  return { details, pushed, counts: double.counts }
}

test('manifest and config of a single image tell its platform, labels, layers and age', async () => {
  const { details, pushed } = await detailsOf({ labels: { title: 'x' }, created: '2026-05-24T12:34:56.789+02:00' })
  assert.deepEqual(details, {
    digest: pushed.digest,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    platformDigest: pushed.digest,
    platform: 'linux/amd64',
    created: '2026-05-24T10:34:56.789Z',
    labels: { title: 'x' },
    layers: details.layers,
    dockerVersion: '25.0.0',
  })
  assert.equal(details.layers.length, 1)
})

for (const form of ['docker', 'oci', 'nested'] as const) {
  test(`the entry of the platform is taken from an index (${form})`, async () => {
    const spec = { form, platforms: ['linux/amd64', 'linux/arm/v6', 'linux/arm64'], attestation: true }
    const { details, pushed } = await detailsOf(spec, { platform: 'linux/arm/v7' })
    assert.equal(details.digest, pushed.digest)
    assert.equal(details.platformDigest, pushed.manifests['linux/arm/v6'])
    assert.equal(details.platform, 'linux/arm/v6')
  })
}

test('a platform that an index does not have is answered with those it has', async () => {
  await assert.rejects(
    detailsOf({ platforms: ['linux/amd64', 'linux/arm64'], attestation: true }, { platform: 'linux/s390x' }),
    {
      code: 'not-found',
      message: /not built for linux\/s390x, only for linux\/amd64, linux\/arm64\./,
    },
  )
})

test('an index of nothing but attestations has no platform at all', () => {
  const subject = { registry: 'r', repository: 'a/b', what: 'image x' }
  assert.throws(() => chooseEntry([], parsePlatform('amd64'), subject), { message: /only for no platform at all/ })
})

for (const [form, word] of [
  ['artifact', /is not a container image but an artifact of type "application\/vnd.example.chart"/],
  ['schema1', /manifest of schema 1, which is outdated/],
] as const) {
  test(`what is no image is refused by name (${form})`, async () => {
    await assert.rejects(detailsOf({ form }), { code: 'unsupported', message: word })
  })
}

test('bytes that do not match the digest are refused', async () => {
  await assert.rejects(detailsOf({}, { lies: true }), { code: 'invalid', message: /sent something else/ })
})

test('a blob that lies elsewhere is fetched there, without the credentials', async () => {
  await using other = await startRegistryDouble()
  await using double = await startRegistryDouble({ auth: 'bearer', blobsAt: other.origin })
  await using my = testClient()
  const { digest } = double.push('a/b', '1', { labels: { secret: 'no' } })
  other.push('a/b', '1', { labels: { secret: 'no' } })
  const details = await my.client.details(image(`${double.host}/a/b:1`), digest, { platform: parsePlatform('amd64') })
  assert.equal(details.labels.secret, 'no')
  assert.equal(other.counts.blob, 1)
  assert.deepEqual(
    other.log.map(({ headers }) => headers.authorization),
    [undefined],
  )
  assert.ok(double.log.some(({ headers }) => headers.authorization?.startsWith('Bearer ')))
})

test('a config from elsewhere that does not match its digest is refused', async () => {
  await using other = await startRegistryDouble({ lies: true })
  await using double = await startRegistryDouble({ blobsAt: other.origin })
  await using my = testClient()
  const { digest } = double.push('a/b', '1', {})
  other.push('a/b', '1', {})
  const asked = my.client.details(image(`${double.host}/a/b:1`), digest, { platform: parsePlatform('amd64') })
  await assert.rejects(asked, { code: 'invalid' })
  assert.equal(other.counts.blob, 1)
})
