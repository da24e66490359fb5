// npm test: the static checks, the quick tests, then everything against real parts.
// npm test -- <text> runs only the files whose path contains the text.
import { quickFiles, short, slowFiles } from './tests/files.ts'
import { printGroup, printRow, printSummary } from './tests/print.ts'
import type { Row } from './tests/reporter.ts'
import { runFiles, runShards } from './tests/run-files.ts'
import { generator, runStep, staticChecks } from './tests/steps.ts'

const QUICK_TIME = 300_000
const REAL_TIME = 900_000

const text = process.argv[2]
const chosen = (file: string) => text === undefined || short(file).includes(text)
const write = (line: string) => process.stdout.write(line)
const rows: Row[] = []

await steps()
await quick()
await reals(slowFiles().filter(chosen))
if (text !== undefined && rows.length === 1) {
  rows.push({
    outcome: 'failed',
    file: text,
    name: 'files',
    detail: 'No test file has this in its path.',
    milliseconds: 0,
  })
}
const { failed } = printSummary(rows, write)
process.exitCode = failed ? 1 : 0

async function steps() {
  for (const step of text === undefined ? [generator, ...staticChecks] : [generator]) {
    const row = await runStep(step)
    printRow(row, write)
    rows.push(row)
  }
}

async function quick() {
  const files = quickFiles().filter(chosen)
  if (files.length === 0) return
  const found = await runShards(files, 2, QUICK_TIME)
  printGroup(`quick tests (${files.length} files)`, found, write)
  rows.push(...found)
}

/** Three at a time: a test with real parts waits more than it computes. */
async function reals(files: string[]) {
  const lane = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) await real(file)
  }
  await Promise.all([lane(), lane(), lane()])
}

async function real(file: string) {
  const found = await runFiles([file], REAL_TIME)
  printGroup(short(file), found, write)
  rows.push(...found)
}
