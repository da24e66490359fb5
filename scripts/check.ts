// npm run check: everything that answers in seconds, for while one works.
import { quickFiles } from './tests/files.ts'
import { printGroup, printRow, printSummary } from './tests/print.ts'
import { runShards } from './tests/run-files.ts'
import { generator, runStep, type Step, staticChecks } from './tests/steps.ts'

const SHARDS = 2
const write = (text: string) => process.stdout.write(text)

const first = await step(generator)
const rows = await Promise.all([inTurn(staticChecks), quickTests()])
const { failed } = printSummary([first, ...rows.flat()], write)
process.exitCode = failed ? 1 : 0

async function step(one: Step) {
  const row = await runStep(one)
  printRow(row, write)
  return row
}

/** One after the other: each has threads of its own, and the tests want a core. */
async function inTurn(steps: readonly Step[]) {
  const rows = []
  for (const one of steps) rows.push(await step(one))
  return rows
}

async function quickTests() {
  const files = quickFiles()
  const found = await runShards(files, SHARDS, 300_000)
  printGroup(`quick tests (${files.length} files)`, found, write)
  return found
}
