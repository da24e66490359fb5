import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, test } from 'node:test'
import type { CommandContext } from '../../src/commands/_command.ts'
import { exitCodeOf } from '../../src/commands/_exit-codes.ts'
import { approve } from '../../src/commands/approve.ts'
import { hold, skip } from '../../src/commands/hold.ts'
import { pause, resume } from '../../src/commands/pause.ts'
import { rollback } from '../../src/commands/rollback.ts'
import { type UpdateOptions, update } from '../../src/commands/update.ts'
import { updates } from '../../src/commands/updates.ts'
import { workloads } from '../../src/commands/workloads.ts'
import { Failure } from '../../src/domain/failure.ts'
import type { Phase, Update } from '../../src/domain/update.ts'
import { DEFAULT_UPDATE_SETTINGS } from '../../src/domain/update-settings.ts'
import type { Outlook } from '../../src/engine/rollout/types.ts'
import { startApp, type TestApp } from '../kit/http-app.ts'
import { until } from '../kit/parts/until.ts'
import { seaworthyWith } from '../kit/seaworthy.ts'
import { outlookOf, planOf, stepOf, updateOf } from '../kit/updates.ts'

// The commands about updates, asking a server over its control socket.

interface Ran {
  /** The exit code; of an error, the one it ends the program with. */
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Bench extends AsyncDisposable {
  readonly app: TestApp
  readonly stopping: AbortController
  readonly err: () => string
  run(command: (context: CommandContext) => Promise<number>): Promise<Ran>
}

async function benchWith(outlooks: readonly Outlook[], { tty = false } = {}): Promise<Bench> {
  const app = await startApp()
  app.updates.known.clear()
  for (const outlook of outlooks) app.updates.known.set(outlook.name, outlook)
  const { socketPath } = await app.listen()
  const stopping = new AbortController()
  let [out, err] = ['', '']
  const context = {
    terminal: {
      out: (text: string) => {
        out += text
      },
      err: (text: string) => {
        err += text
      },
      isTty: tty,
      isErrTty: tty,
      color: false,
      columns: 80,
    },
    signal: stopping.signal,
    load: async () => ({ config: { db: { path: socketPath.replace(/\.sock$/, '') } } }),
  } as unknown as CommandContext
  return {
    app,
    stopping,
    err: () => err,
    async run(command) {
      ;[out, err] = ['', '']
      try {
        return { code: await command(context), out, err }
      } catch (error) {
        err += error instanceof Error ? error.message : String(error)
        return { code: exitCodeOf(error), out, err }
      }
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

const CURRENT = outlookOf('old', { candidate: undefined, blockers: [] })

function endsWith(app: TestApp, name: string, phase: Phase, more: Partial<Update> = {}): void {
  app.updates.reports.set(`u-${name}`, [{ update: updateOf(name, phase, more), steps: [], progress: undefined }])
}

describe('update', { concurrency: 4 }, () => {
  test('follows what was begun to its end and tells of it as it goes', async () => {
    await using bench = await benchWith([outlookOf('web')])
    const { code, out, err } = await bench.run((context) => update(context, ['web'], {}))
    assert.deepEqual([code, bench.app.updates.calls], [0, [['update', 'docker/local/web', 'operator']]])
    assert.equal(err, 'web: planned\nweb: pull\nweb: fetched\nweb: committed\n')
    assert.match(
      out,
      /^WORKLOAD +ID +OUTCOME +FROM +TO +TOOK +REASON\nweb +u-web +committed +nginx:1\.26 +nginx:1\.27 +1m 30s\n$/,
    )
  })

  test('names the container of a step where it is another one, and says what failed', async () => {
    await using bench = await benchWith([outlookOf('web')])
    const steps = [
      stepOf('web', 1, { step: 'stop', detail: { container: 'web' } }),
      stepOf('web', 2, { step: 'create', detail: { container: 'sidecar' } }),
      stepOf('web', 3, { step: 'create', kind: 'failed', detail: { container: 'sidecar', error: 'no\nspace' } }),
    ]
    bench.app.updates.reports.set('u-web', [{ update: updateOf('web', 'rolled-back'), steps, progress: undefined }])
    const { err } = await bench.run((context) => update(context, ['web'], {}))
    assert.equal(
      err,
      'web: planned\nweb: stop\nweb: create sidecar\nweb: create sidecar failed: no\\nspace\nweb: rolled-back\n',
    )
  })

  test('draws a pull in bytes on a terminal', async () => {
    await using bench = await benchWith([outlookOf('web')], { tty: true })
    const { err } = await bench.run((context) => update(context, ['web'], {}))
    assert.ok(err.includes('web: 1.5 MB of 6.0 MB (25 %)'), err)
  })

  test('--json prints one value with everything that is known, and nothing else', async () => {
    await using bench = await benchWith([outlookOf('web'), CURRENT])
    const { code, out, err } = await bench.run((context) => update(context, ['web', 'old', 'web'], { json: true }))
    const { updates, refused, current } = JSON.parse(out) as {
      updates: { update: { id: string; phase: string; plan: object }; steps: object[] }[]
      refused: object[]
      current: string[]
    }
    assert.deepEqual([code, err, refused, current], [0, '', [], ['old']])
    assert.deepEqual(
      updates.map(({ update, steps }) => [update.id, update.phase, steps.length, 'data' in update.plan]),
      [['u-web', 'committed', 2, false]],
    )
  })

  test('--no-wait leaves the server alone with it', async () => {
    await using bench = await benchWith([outlookOf('web')])
    const { code, out } = await bench.run((context) => update(context, ['web'], { wait: false }))
    assert.deepEqual([code, /web +u-web +planned/.test(out)], [0, true])
  })

  test('--all begins whatever has something newer', async () => {
    await using bench = await benchWith([outlookOf('web'), outlookOf('api'), CURRENT])
    const { code, out } = await bench.run((context) => update(context, [], { all: true }))
    assert.deepEqual([code, bench.app.updates.calls], [0, [['updateAll', 'operator']]])
    assert.match(out, /web .*committed.*\napi .*committed/)
  })

  for (const [what, names, options, expected] of [
    ['names nothing newer of one that is current', ['old'], {}, 'old: nothing newer is known.\n'],
    ['--all finds nothing', [], { all: true }, 'There is nothing to update.\n'],
  ] as const) {
    test(`it is done with 0 when it ${what}`, async () => {
      await using bench = await benchWith([CURRENT])
      const { code, out } = await bench.run((context) => update(context, names, options))
      assert.deepEqual([code, out], [0, expected])
    })
  }

  for (const [phase, code, more] of [
    ['committed', 0, {}],
    ['rolled-back', 4, { error: 'It was not healthy after 1m.' }],
    [
      'needs-operator',
      5,
      { error: 'The engine is gone.', commands: ['docker rename web__prev_u-web web', 'docker start web'] },
    ],
  ] as const) {
    test(`an update that ends as ${phase} ends the command with ${code}, and says why and what to do`, async () => {
      await using bench = await benchWith([outlookOf('web')])
      endsWith(bench.app, 'web', phase, more)
      const ran = await bench.run((context) => update(context, ['web'], {}))
      assert.equal(ran.code, code)
      for (const text of [phase, ...Object.values(more).flat()]) assert.ok(ran.out.includes(text), ran.out)
    })
  }

  test('the worst of several decides the code', async () => {
    await using bench = await benchWith([outlookOf('a'), outlookOf('b'), outlookOf('c')])
    endsWith(bench.app, 'a', 'rolled-back')
    endsWith(bench.app, 'b', 'needs-operator')
    assert.equal((await bench.run((context) => update(context, ['a', 'b', 'c'], {}))).code, 5)
    assert.equal((await bench.run((context) => update(context, ['a', 'c'], {}))).code, 4)
  })

  test('what is refused is named with the reason, and the code is 6', async () => {
    await using bench = await benchWith([outlookOf('web')])
    bench.app.updates.failure = new Failure('conflict', 'It is held.', { remedy: 'Release it first.' })
    const { code, err } = await bench.run((context) => update(context, ['web'], {}))
    assert.deepEqual([code, err], [6, 'refused docker/local/web: It is held. Release it first.\n'])
    bench.app.updates.failure = undefined
    bench.app.updates.refused = [{ workload: 'docker/local/db', reason: 'Its image is gone.' }]
    const all = await bench.run((context) => update(context, [], { all: true }))
    assert.deepEqual([all.code, /refused docker\/local\/db: Its image is gone\./.test(all.err)], [6, true])
  })

  test('one name that is misspelt begins nothing and ends with 2', async () => {
    await using bench = await benchWith([outlookOf('web')])
    const { code, err } = await bench.run((context) => update(context, ['web', 'wbe'], {}))
    assert.deepEqual([code, bench.app.updates.calls, /"wbe"/.test(err)], [2, [], true])
  })

  for (const [what, names, options] of [
    ['neither a name nor --all', [], {}],
    ['both', ['web'], { all: true }],
  ] as const satisfies readonly (readonly [string, readonly string[], UpdateOptions])[]) {
    test(`it is refused with ${what}`, async () => {
      await using bench = await benchWith([outlookOf('web')])
      const { code } = await bench.run((context) => update(context, names, options))
      assert.deepEqual([code, bench.app.updates.calls], [2, []])
    })
  }

  test('stopped while it follows, it says that the server goes on', async () => {
    await using bench = await benchWith([outlookOf('web')])
    endsWith(bench.app, 'web', 'started')
    const running = bench.run((context) => update(context, ['web'], {}))
    await until(() => bench.err().includes('web: started'), { what: 'the command to follow' })
    bench.stopping.abort(new Failure('unavailable', 'Stopped by SIGINT.'))
    const { err } = await running
    assert.match(err, /The server goes on without this command: seaworthy updates u-web/)
  })
})

describe('update --dry-run', { concurrency: 4 }, () => {
  const windows = [{ days: [0, 6], from: 120, to: 300 }]
  const probe = { kind: 'http', port: 8080, path: '/health' } as const
  const gate = { timeoutMs: 90_000, soakMs: 10_000, probe }
  const settings = { ...DEFAULT_UPDATE_SETTINGS, mode: 'auto', level: 'minor', windows, timezone: 'UTC' } as const

  async function planned(): Promise<Bench> {
    const origins = { mode: 'policy "nightly"' }
    const bench = await benchWith([
      outlookOf('web', { settings, origins, blockers: ['It is known for a day only.'] }),
      CURRENT,
    ])
    const { plan } = bench.app.updates
    bench.app.updates.plan = async (name, signal) => ({
      ...(await plan(name, signal)),
      gate,
      containers: planOf('web').containers.concat({ id: 'c2', name: 'sidecar', role: 'namespace' }) as never,
      changes: [
        { path: 'Config.Env.VERSION', before: '1', after: '2' },
        { path: 'Config.Env.ADDED', before: undefined, after: 'x' },
        { path: 'Config.Labels.gone', before: 'y', after: undefined },
      ],
      notes: ['Its address may change.'],
      pins: ['env:SHARED'],
    })
    return bench
  }

  test('prints what would be done and changes nothing', async () => {
    await using bench = await planned()
    const { code, out } = await bench.run((context) => update(context, ['web'], { dryRun: true }))
    assert.deepEqual([code, bench.app.updates.calls], [0, []])
    for (const text of [
      'web on local: nginx:1.26 → nginx:1.27 (minor)',
      'auto up to minor (policy "nightly")',
      'Sat-Sun 02:00-05:00 UTC; open',
      'http :8080/health answers, for 10s without a restart; at most 1m 30s',
      'no: It is known for a day only.',
      'web: the workload itself\n    sidecar: shares a namespace of one before it',
      '~ Config.Env.VERSION: "1" → "2"',
      '+ Config.Env.ADDED: "x"',
      '- Config.Labels.gone: "y"',
      'Its address may change.',
      'env:SHARED',
    ]) {
      assert.ok(out.includes(text), `${text} is missing in\n${out}`)
    }
  })

  test('--all --json prints every plan with its outlook, and what has nothing newer', async () => {
    await using bench = await planned()
    const { code, out } = await bench.run((context) => update(context, [], { all: true, dryRun: true, json: true }))
    const { plans, current } = JSON.parse(out) as {
      plans: { plan: { changes: object[] }; outlook: Outlook }[]
      current: string[]
    }
    assert.deepEqual([code, current, plans.map(({ outlook }) => outlook.name)], [0, ['old'], ['web']])
    assert.deepEqual(plans[0]?.plan.changes[1], { path: 'Config.Env.ADDED', after: 'x' })
    assert.ok(!out.includes('hunter2'))
  })

  test('ends with 6 when a plan cannot be made', async () => {
    await using bench = await benchWith([outlookOf('web')])
    bench.app.updates.failure = new Failure('unsupported', 'It is removed when it stops.')
    const { code, err } = await bench.run((context) => update(context, ['web'], { dryRun: true }))
    assert.deepEqual([code, err], [6, 'refused docker/local/web: It is removed when it stops.\n'])
  })
})

describe('what people decide', { concurrency: 4 }, () => {
  const NAME = 'docker/local/web'
  const WHEN = '2999-12-01T08:00Z'
  const TIME = '2999-12-01T08:00:00.000Z'

  for (const [what, command, called, said] of [
    [
      'hold',
      (c) => hold(c, 'web', { reason: 'A fair.' }),
      ['hold', NAME, 'hold', undefined, 'A fair.', 'operator'],
      /is held until it is released/,
    ],
    [
      'hold --until',
      (c) => hold(c, 'web', { until: WHEN }),
      ['hold', NAME, 'snooze', TIME, undefined, 'operator'],
      /is held until 2999-12-01 08:00 UTC/,
    ],
    [
      'hold --pin',
      (c) => hold(c, 'web', { pin: true }),
      ['hold', NAME, 'pin', undefined, undefined, 'operator'],
      /stays on its tag/,
    ],
    [
      'hold --release',
      (c) => hold(c, 'web', { release: true }),
      ['release', NAME, undefined, 'operator'],
      /web is free again/,
    ],
    [
      'hold --release --pin',
      (c) => hold(c, 'web', { release: true, pin: true }),
      ['release', NAME, 'pin', 'operator'],
      /free/,
    ],
    ['skip', (c) => skip(c, 'web', {}), ['hold', NAME, 'skip', undefined, undefined, 'operator'], /passes over 1\.27/],
    ['approve', (c) => approve(c, ['web', NAME], {}), ['approve', NAME, 'operator'], /nginx:1\.27 is approved/],
    ['pause', (c) => pause(c, {}), ['pause', undefined, 'operator'], /until "seaworthy resume"/],
    ['pause --until', (c) => pause(c, { until: WHEN }), ['pause', TIME, 'operator'], /until 2999-12-01 08:00 UTC/],
    ['resume', (c) => resume(c, {}), ['resume', 'operator'], /again/],
    ['rollback', (c) => rollback(c, 'web', {}), ['rollBack', NAME, undefined, 'operator'], /committed/],
    ['rollback --to', (c) => rollback(c, 'web', { to: '1.25' }), ['rollBack', NAME, '1.25', 'operator'], /committed/],
  ] as const satisfies readonly (readonly [
    string,
    (c: CommandContext) => Promise<number>,
    readonly unknown[],
    RegExp,
  ])[]) {
    test(`${what} says so to the server, once, and to the person`, async () => {
      await using bench = await benchWith([outlookOf('web')])
      const { code, out } = await bench.run(command)
      assert.deepEqual([code, bench.app.updates.calls], [0, [called]])
      assert.match(out, said)
    })
  }

  for (const [what, command] of [
    ['a time that has passed', (c) => hold(c, 'web', { until: '2020-01-01' })],
    ['--release with --until', (c) => hold(c, 'web', { release: true, until: '2h' })],
    ['an unknown workload', (c) => hold(c, 'wbe', {})],
    ['an unknown workload among others', (c) => approve(c, ['web', 'wbe'], {})],
  ] as const satisfies readonly (readonly [string, (c: CommandContext) => Promise<number>])[]) {
    test(`${what} ends with 2 and changes nothing`, async () => {
      await using bench = await benchWith([outlookOf('web')])
      const { code } = await bench.run(command)
      assert.deepEqual([code, bench.app.updates.calls], [2, []])
    })
  }

  test('a rollback that has nowhere to go ends with 6 and says what the server said', async () => {
    await using bench = await benchWith([outlookOf('web')])
    bench.app.updates.failure = new Failure('conflict', 'No earlier version is on the host.', { where: 'web' })
    const { code, err } = await bench.run((context) => rollback(context, 'web', {}))
    assert.deepEqual([code, err], [6, 'No earlier version is on the host.'])
  })
})

describe('workloads and updates', { concurrency: 4 }, () => {
  test('a policy that updates by itself shows on the workload it applies to', async () => {
    const settings = { ...DEFAULT_UPDATE_SETTINGS, mode: 'auto' } as const
    const open = updateOf('api', 'started')
    await using bench = await benchWith([
      outlookOf('web', {
        settings,
        origins: { mode: 'policy "nightly"' },
        blockers: [],
        nextWindowAt: '2026-03-02T02:00:00.000Z',
      }),
      outlookOf('api', { open }),
      outlookOf('db'),
      CURRENT,
    ])
    const { code, out } = await bench.run((context) => workloads(context, {}))
    const lines = out.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))
    assert.deepEqual(
      [code, lines],
      [
        0,
        [
          'WORKLOAD | HOST | IMAGE | MODE | CANDIDATE | OUTLOOK',
          'web | local | nginx:1.26 | auto up to minor (policy "nightly") | nginx:1.27 (minor) | will be updated from 2026-03-02 02:00 UTC',
          'api | local | nginx:1.26 | none (default) | nginx:1.27 (minor) | update started',
          'db | local | nginx:1.26 | none (default) | nginx:1.27 (minor) | Nothing updates it by itself.',
          'old | local | nginx:1.26 | none (default)',
          '',
        ],
      ],
    )
    const listed = JSON.parse((await bench.run((context) => workloads(context, { json: true }))).out) as Outlook[]
    assert.deepEqual(listed.map(({ name, origins }) => [name, origins.mode]).slice(0, 2), [
      ['web', 'policy "nightly"'],
      ['api', undefined],
    ])
  })

  async function listing(): Promise<Bench> {
    const bench = await benchWith([outlookOf('web')])
    endsWith(bench.app, 'web', 'committed')
    endsWith(bench.app, 'api', 'needs-operator', {
      id: 'u-api',
      commands: ['docker start web__prev_u-api'],
      error: 'It is stuck.',
    })
    const [report] = bench.app.updates.reports.get('u-api')!
    const failed = stepOf('api', 2, { step: 'start', kind: 'failed', phase: 'swapped', detail: { error: 'no\nspace' } })
    bench.app.updates.reports.set('u-api', [{ ...report!, steps: [stepOf('api', 1), failed] }])
    return bench
  }

  for (const [what, options, ids] of [
    ['all', {}, ['u-web', 'u-api']],
    ['open', { open: true }, ['u-api']],
    ['those of a workload by its name', { workload: 'web' }, ['u-web']],
    ['those of a workload that is gone by its id', { workload: 'docker/local/api' }, ['u-api']],
    ['not more than asked for', { most: '1' }, ['u-web']],
  ] as const) {
    test(`updates lists ${what}`, async () => {
      await using bench = await listing()
      const { out } = await bench.run((context) => updates(context, undefined, { ...options, json: true }))
      assert.deepEqual(
        (JSON.parse(out) as Update[]).map(({ id }) => id),
        ids,
      )
      const table = await bench.run((context) => updates(context, undefined, options))
      assert.deepEqual(
        table.out
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(' ')[0]),
        ids,
      )
    })
  }

  test('updates says that they are paused', async () => {
    await using bench = await listing()
    bench.app.updates.pausedBy = { until: undefined, actor: 'operator' }
    const { err } = await bench.run((context) => updates(context, undefined, {}))
    assert.equal(err, 'note: nothing is updated by itself until "seaworthy resume".\n')
  })

  test('an update that needs a person shows its steps and the commands to run, by the beginning of its id', async () => {
    await using bench = await listing()
    const { code, out } = await bench.run((context) => updates(context, 'u-a', {}))
    assert.equal(code, 0)
    assert.match(
      out,
      /^api on local: nginx:1\.26 → nginx:1\.27\nneeds-operator, update u-api, begun 2026-03-01 12:00 by operator\nIt is stuck\.\n/,
    )
    assert.match(out, /swapped +start +failed +\{"error":"no\\nspace"\}/)
    assert.match(out, /needs you.*\n {2}docker start web__prev_u-api\n$/)
    const { out: json } = await bench.run((context) => updates(context, 'u-api', { json: true }))
    assert.deepEqual((JSON.parse(json) as { steps: object[] }).steps.length, 2)
  })

  for (const [what, id, options] of [
    ['an id that is none', 'x', {}],
    ['an id that begins several', 'u-', {}],
    ['a number that is none', undefined, { most: 'many' }],
  ] as const) {
    test(`updates with ${what} ends with 2`, async () => {
      await using bench = await listing()
      assert.equal((await bench.run((context) => updates(context, id, options))).code, 2)
    })
  }
})

test('the program itself asks the server that listens beside its database', async () => {
  await using app = await startApp()
  const { socketPath } = await app.listen()
  const database = path.resolve(socketPath.replace(/\.sock$/, ''))
  await using seaworthy = await seaworthyWith(`db: { path: ${database} }\n`)
  const lines = [
    [['update', 'web'], 0, /web +u-web +committed/],
    [['update', '--all', '--no-wait', '--json'], 0, /"refused":\[\]/],
    [['hold', 'web', '--pin', '--reason', 'It is fine.'], 0, /stays on its tag/],
    [['pause', '--until', '2h'], 0, /Nothing is updated by itself until/],
    [['updates', '--open', '--most', '3', '--json'], 0, /^\[/],
    [['workloads'], 0, /^WORKLOAD/],
    [['approve'], 2, /^$/],
    [['rollback'], 2, /^$/],
  ] as const
  for (const [args, code, text] of lines) {
    const ran = await seaworthy.run(args)
    assert.equal(ran.code, code, ran.err)
    assert.match(ran.out, text)
  }
})

test('without a server the program looks, decides and refuses by itself', async () => {
  await using seaworthy = await seaworthyWith('providers: { file: { filename: images.yml } }\n')
  await writeFile(path.join(seaworthy.folder, 'images.yml'), '[]\n')
  for (const [args, code, text] of [
    [['workloads', '--json'], 0, /^\[\]\n$/],
    [['updates'], 0, /There are no updates/],
    [['update', '--all', '--no-wait'], 0, /There is nothing to update/],
    [['pause', '--json'], 0, /^\{"paused":true,"until":null\}\n$/],
    [['resume'], 0, /again/],
    [['update', 'nobody'], 2, /^$/],
    [['updates', 'nothing'], 2, /^$/],
  ] as const) {
    const ran = await seaworthy.run(args)
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.err}`)
    assert.match(ran.out, text)
  }
})
