import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Lets Prometheus' own promtool judge a page of metrics; returns its complaints, empty when there are none. */
export async function checkMetrics(metrics: string): Promise<string> {
  const child = spawn('/usr/bin/promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(metrics)
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const told = `${out}${err}`.trim()
  return code === 0 ? told : told || `promtool ended with ${code}`
}
