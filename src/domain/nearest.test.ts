import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

const KNOWN = ['enable', 'max_tags', 'include_tags', 'exclude_tags', 'policy']

for (const [name, expected] of [
  ['enabled', 'enable'],
  ['maxtags', 'max_tags'],
  ['MAX_TAGS', 'max_tags'],
  ['includ_tags', 'include_tags'],
  ['exclude_tag', 'exclude_tags'],
  ['polcy', 'policy'],
  ['something else', undefined],
  ['', undefined],
] as const)
  test(`"${name}" most likely means ${expected}`, () => assert.equal(nearest(name, KNOWN), expected))
