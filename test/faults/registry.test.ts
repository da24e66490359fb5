import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { needs } from '../kit/parts/needs.ts'
import { type FrontRule, type RegistryCall, type RegistryFront, startRegistryFront } from '../kit/registry-front.ts'
import { type FaultBench, startFaultBench } from './_bench.ts'
import { assertRefusedPull, assertServes, isPost } from './_outcome.ts'

// The registry was well when it was checked, and is not when the engine pulls. Until the new image is on the host nothing
// else is touched, so the old container has to stand there as if nobody had been near it.

const isManifest = (name: string) => (call: RegistryCall) => call.path.startsWith(`/v2/${name}/manifests/`)
const says = (code: string) => JSON.stringify({ errors: [{ code, message: `this registry says ${code}` }] })

describe('a registry', { skip: await needs('docker daemon', 'registry') }, () => {
  let bench: FaultBench
  let plain: RegistryFront
  before(async () => {
    // The engine tries a blob five times, which takes most of a minute.
    bench = await startFaultBench({ args: ['--max-download-attempts=1'] })
    // Only at 127.0.0.0/8 the engine does without TLS.
    const place = bench.daemon.bridge.replace('seaworthy', '')
    plain = await startRegistryFront(bench.registry.address, `198.19.${place}.1`)
  })
  after(async () => {
    await plain[Symbol.asyncDispose]()
    await bench[Symbol.asyncDispose]()
  })

  let count = 0

  /** Refuses everything about the manifests of a repository. */
  const ANSWERS: Record<string, { answer: FrontRule['answer']; error: RegExp }> = {
    '401': { answer: { status: 401, body: says('UNAUTHORIZED') }, error: /UNAUTHORIZED|unauthorized|denied/ },
    '403': { answer: { status: 403, body: says('DENIED') }, error: /denied/i },
    '404': { answer: { status: 404, body: says('MANIFEST_UNKNOWN') }, error: /not found|unknown/i },
    '429 with Retry-After': {
      answer: { status: 429, headers: { 'retry-after': '1' }, body: says('TOOMANYREQUESTS') },
      error: /toomanyrequests/i,
    },
    '429 without Retry-After': { answer: { status: 429, body: says('TOOMANYREQUESTS') }, error: /toomanyrequests/i },
    '500': { answer: { status: 500, body: says('UNKNOWN') }, error: /UNKNOWN|500/i },
    '503': { answer: { status: 503, body: 'down for repairs' }, error: /503|down for repairs|Service Unavailable/i },
  }
  for (const [status, { answer, error }] of Object.entries(ANSWERS)) {
    test(`F24 it answers ${status} to the pull: nothing but the attempt, and the reason is told`, async () => {
      await using staged = await bench.stage(`answers${count++}`)
      bench.front.rules = [{ fits: isManifest(staged.name), ...(answer && { answer }) }]
      await assertRefusedPull(staged, error)
      bench.front.rules = []
      const { code, err } = await staged.update()
      assert.equal(code, 0, `it is well again: ${err}`)
      await assertServes(staged, await staged.reconcile(), { phase: 'committed' })
    })
  }

  /** The engine is asked for the same image of a registry that it cannot speak with. */
  const UNREACHABLE: Record<string, { host: () => string; error: RegExp }> = {
    'whose name is in no DNS': { host: () => 'registry.invalid', error: /no such host|lookup|resolv/i },
    'that speaks no TLS where TLS is due': {
      host: () => plain.address,
      error: /HTTP response to HTTPS client|tls|x509/i,
    },
    'where nobody listens': { host: () => '127.0.0.1:1', error: /connection refused/i },
  }
  for (const [what, { host, error }] of Object.entries(UNREACHABLE)) {
    test(`F24 a registry ${what}: nothing but the attempt, and the reason is told`, async () => {
      await using staged = await bench.stage(`unreachable${count++}`)
      const own = encodeURIComponent(bench.front.address)
      const redirect = (url: string): string => url.replace(own, encodeURIComponent(host()))
      staged.proxy.rules = [{ fits: isPost('/images/create'), redirect }]
      await assertRefusedPull(staged, error)
    })
  }
})
