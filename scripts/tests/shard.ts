// Runs many test files in one process: modules load once, which is most of a short test's time.
// Each file is a suite of its own, so that its hooks stay its own.
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { pathToFileURL } from 'node:url'

const files = process.argv.slice(2)
assert.ok(files.length > 0, 'a shard needs at least one test file')
for (const file of files) {
  describe(file, async () => {
    await import(pathToFileURL(file).href)
  })
}
