import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { notifiers } from '../notifiers/all.gen.ts'
import { providers } from '../providers/all.gen.ts'
import { FAMILIES } from './_fixtures.ts'
import { rootShape } from './families.ts'
import { configReference } from './reference.ts'
import type { Shape } from './shape.ts'

test('docs/config.md is up to date', () => {
  const page = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'config.md'), 'utf8')
  assert.ok(
    page === configReference({ providers, notifiers }),
    'docs/config.md is behind. Refresh it: node scripts/docs.ts',
  )
})

test('every option has a sentence about it', () => {
  assert.deepEqual(withoutSummary(rootShape({ providers, notifiers }), ''), [])
})

test('the reference has a row for every key, with its default and its variable', () => {
  const page = configReference(FAMILIES)
  const rows = [
    '| `workers` | `10` | `SEAWORTHY_WATCH_WORKERS` |',
    '| `healthchecks.uuid` |  | `SEAWORTHY_WATCH_HEALTHCHECKS_UUID` |',
    '| `metadata` |  | `SEAWORTHY_DEFAULTS_METADATA_<NAME>` |',
    '| `name` | (needed) | `SEAWORTHY_REGOPTS_<KEY>_NAME` |',
    '| `timeout` | `10s` | `SEAWORTHY_NOTIF_PUSH_TIMEOUT` | Time limit. |',
    '| `level` | `low` | `SEAWORTHY_NOTIF_PUSH_LEVEL` | Level. One of `low`, `high`. |',
    '| `watchByDefault` | `false` | `SEAWORTHY_PROVIDERS_DOCKER_WATCHBYDEFAULT` | Watch everything. |',
  ]
  for (const row of rows) assert.ok(page.includes(`\n${row}`), row)
})

function withoutSummary(shape: Shape, at: string): string[] {
  if (shape.kind === 'list') return withoutSummary(shape.item, `${at}[]`)
  if (shape.kind !== 'section') return shape.summary === '' ? [at] : []
  return [...shape.keys].flatMap(([key, child]) => withoutSummary(child, `${at}.${key}`))
}
