import { parseArgs } from 'node:util'
import { checkBenches } from './check.ts'
import { liveBenches } from './live.ts'
import { type Bench, isReached, type Row, tableOf } from './row.ts'
import { startBenches } from './start.ts'
import { tagBenches } from './tags.ts'
import { updateBenches } from './update.ts'

// Measures what docs/benchmarks.md lists: `npm run bench`, `npm run bench -- tags`, `npm run bench -- --check`.

const BENCHES: readonly Bench[] = [...checkBenches, ...tagBenches, ...startBenches, ...liveBenches, ...updateBenches]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const chosen = BENCHES.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
if (values.list) process.stdout.write(`${chosen.map(({ name }) => name).join('\n')}\n`)
else await measure(chosen)

async function measure(benches: readonly Bench[]): Promise<void> {
  const rows: Row[] = []
  for (const bench of benches) {
    process.stderr.write(`${bench.name} …\n`)
    rows.push(...(await bench.run()))
  }
  const shown = values.json ? JSON.stringify(rows, undefined, 2) : tableOf(rows)
  process.stdout.write(`${shown}\n`)
  if (values.check && (rows.length === 0 || !rows.every(isReached))) process.exitCode = 1
}
