import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from './failure.ts'
import { choosePlatform, formatPlatform, normalizePlatform, type Platform, parsePlatform } from './platform.ts'

const HOST: Platform = { os: 'linux', architecture: 'arm', variant: 'v7' }

for (const [text, expected] of [
  ['linux/amd64', 'linux/amd64'],
  ['linux/arm/v7', 'linux/arm/v7'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x86-64', 'linux/amd64'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/i386', 'linux/386'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['Linux/AMD64', 'linux/amd64'],
  ['macos/arm64', 'darwin/arm64'],
  ['windows/amd64', 'windows/amd64'],
  // What is not said comes from the machine.
  ['linux', 'linux/arm/v7'],
  ['arm64', 'linux/arm64'],
  ['x86_64', 'linux/amd64'],
  ['armhf', 'linux/arm/v7'],
  ['riscv64', 'linux/riscv64'],
] as const)
  test(`"${text}" is the platform ${expected}`, () => assert.equal(formatPlatform(parsePlatform(text, HOST)), expected))

for (const text of ['', 'chickens', 'linux/', '/amd64', 'linux/arm/v7/x', ' '])
  test(`"${text}" is not a platform`, () => {
    assert.throws(() => parsePlatform(text), Failure)
  })

test('normalizing twice changes nothing more', () => {
  for (const architecture of ['x86_64', 'aarch64', 'armhf', 'armv6l', 'arm', '386', 's390x'])
    for (const variant of ['', 'v5', 'v6', 'v8', '7']) {
      const once = normalizePlatform({ os: 'linux', architecture, ...(variant ? { variant } : {}) })
      assert.deepEqual(normalizePlatform(once), once)
    }
})

const INDEX = ['linux/amd64', 'linux/arm/v6', 'linux/arm/v7', 'linux/arm64', 'windows/amd64']

for (const [wanted, has, expected] of [
  ['linux/amd64', INDEX, 'linux/amd64'],
  ['linux/arm64', INDEX, 'linux/arm64'],
  ['linux/arm/v7', INDEX, 'linux/arm/v7'],
  ['linux/arm/v6', INDEX, 'linux/arm/v6'],
  ['linux/arm/v5', INDEX, undefined],
  ['linux/arm', INDEX, 'linux/arm/v7'],
  ['linux/arm/v7', ['linux/arm/v6', 'linux/arm/v5'], 'linux/arm/v6'],
  ['linux/arm/v6', ['linux/arm'], 'linux/arm'],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
  ['linux/riscv64', INDEX, undefined],
  ['windows/amd64', INDEX, 'windows/amd64'],
] as const)
  test(`on ${wanted}, ${expected ?? 'nothing'} is chosen of ${has.join(' ')}`, () => {
    const entries = has.map((text) => ({ text, platform: parsePlatform(text) }))
    assert.equal(choosePlatform(entries, parsePlatform(wanted))?.text, expected)
  })

test('an entry without a platform is taken last', () => {
  const plain: { id: string; platform?: Platform } = { id: 'plain' }
  const fitting = { id: 'fitting', platform: parsePlatform('linux/amd64') }
  assert.equal(choosePlatform([plain, fitting], parsePlatform('linux/amd64'))?.id, 'fitting')
  assert.equal(choosePlatform([plain], parsePlatform('linux/amd64'))?.id, 'plain')
})

test('a Windows host takes the image of its own build', () => {
  const entries = ['10.0.17763.1', '10.0.20348.2'].map((osVersion) => ({
    osVersion,
    platform: { os: 'windows', architecture: 'amd64', osVersion },
  }))
  const host = { os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.999' }
  assert.equal(choosePlatform(entries, host)?.osVersion, '10.0.20348.2')
})
