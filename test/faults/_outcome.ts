import assert from 'node:assert/strict'
import type { PassingCall } from '../kit/docker-proxy.ts'
import { until } from '../kit/parts/until.ts'
import type { Stage, StoredUpdate } from './_bench.ts'

/** How a fault has to end, where not every good end will do. */
export interface Outcome {
  readonly phase?: 'committed' | 'rolled-back'
  /** What the update says about it. */
  readonly error?: RegExp
  /** The restart policy that the container has to have; `always` unless told. */
  readonly restart?: string
  readonly isPaused?: boolean
}

/** What a fault may leave behind: one container under its name that answers, with its policy, and a journal that is closed. */
export async function assertServes(staged: Stage, update: StoredUpdate, outcome: Outcome = {}): Promise<void> {
  const { restart = 'always', isPaused = false, phase, error } = outcome
  const containers = await staged.containers()
  const seen = JSON.stringify({ update, containers }, undefined, 1)
  assert.deepEqual(
    containers.map(({ name }) => name),
    [staged.name],
    seen,
  )
  const [only] = containers
  assert.ok(only!.running, seen)
  assert.equal(only!.restart, restart, seen)
  assert.equal(only!.paused, isPaused, seen)
  assert.ok(['committed', 'rolled-back'].includes(update.phase), seen)
  if (phase !== undefined) assert.equal(update.phase, phase, seen)
  if (error !== undefined) assert.match(update.error ?? '', error, seen)
  if (update.phase === 'rolled-back') assert.equal(only!.id, staged.oldId, seen)
  else assert.notEqual(only!.image, staged.oldImage, seen)
  if (!isPaused) await assertAnswers(staged, `${staged.name} ${update.phase === 'rolled-back' ? 1 : 2}`)
}

/** The small web server in the container tells which version it is. */
export async function assertAnswers(staged: Stage, version: string, container: string = staged.name): Promise<void> {
  const ask = ['exec', container, 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/version']
  const answer = await until(() => staged.daemon.docker(...ask), { what: `${container} to answer`, everyMs: 250 })
  assert.equal(answer.trim(), version)
}

/** What an update that can be taken neither forward nor back leaves: a container that answers, and commands for a person. */
export async function assertAsks(
  staged: Stage,
  update: StoredUpdate,
  { error, serves }: { error: RegExp; serves: { container: string; version: number } | 'nothing' },
): Promise<void> {
  const containers = await staged.containers()
  const seen = JSON.stringify({ update, containers }, undefined, 1)
  assert.equal(update.phase, 'needs-operator', seen)
  assert.match(update.error ?? '', error, seen)
  assert.ok((JSON.parse(update.commands) as string[]).length > 0, seen)
  if (serves !== 'nothing') await assertAnswers(staged, `${staged.name} ${serves.version}`, serves.container)
}

/** The update ends where it began, says why, and has asked the engine for nothing but the pull. */
export async function assertRefusedPull(staged: Stage, error: RegExp): Promise<void> {
  const { code, out, err } = await staged.update()
  assert.notEqual(code, 0)
  assert.match(out + err, error)
  assertOnlyPulled(staged)
  await assertServes(staged, await staged.reconcile(), { phase: 'rolled-back', error })
}

export function assertOnlyPulled(staged: Stage): void {
  const others = staged.proxy.seen.filter((call) => isChange(call) && !isPost('/images/create')(call))
  assert.deepEqual(others, [])
}

/** Starts the program again and waits until a person's question is settled, as it is when nothing stands in the way any more. */
export async function settled(staged: Stage): Promise<StoredUpdate> {
  await using server = await staged.seaworthy.serve()
  const isEnded = (): StoredUpdate | undefined => {
    const last = staged.lastUpdate()!
    return ['committed', 'rolled-back'].includes(last.phase) ? last : undefined
  }
  try {
    return await until(isEnded, { what: 'the question to be settled', timeoutMs: 60_000, everyMs: 100 })
  } catch (error) {
    throw new Error(`${String(error)}: ${JSON.stringify(staged.lastUpdate())}\n${server.log()}`)
  }
}

/** Starts the server and returns at its death, or when the update has come to its end. */
export async function liveUntilDeath(staged: Stage): Promise<void> {
  let isOver = false
  const life = staged.seaworthy.run(['serve']).finally(() => {
    isOver = true
  })
  const isDone = (): boolean => isOver || ['committed', 'rolled-back'].includes(staged.lastUpdate()!.phase)
  await until(isDone, { what: 'the server to die or the update to end', timeoutMs: 60_000, everyMs: 100 })
  staged.kill()
  await life
}

export const isPost = (part: string) => (call: PassingCall) => call.method === 'POST' && call.path.includes(part)
export const isRename = (to: RegExp) => (call: PassingCall) =>
  call.method === 'POST' && to.test(/\/rename\?name=(.*)$/.exec(call.path)?.[1] ?? '')
export const isRemoval = (call: PassingCall): boolean =>
  call.method === 'DELETE' && call.path.startsWith('/containers/')
export const isChange = (call: PassingCall): boolean => call.method !== 'GET' && call.method !== 'HEAD'

/** The call that asks about a container again and again, once one was started. */
export const isGatePoll = (staged: Pick<Stage, 'proxy'>) => (call: PassingCall) =>
  call.method === 'GET' &&
  /^\/containers\/[0-9a-f]{64}\/json/.test(call.path) &&
  staged.proxy.seen.some(isPost('/start'))

/** Every kind of call on the way forward that changes something, by the fault that killing there is. */
export const FORWARD: Record<string, (call: PassingCall) => boolean> = {
  'F01 pull': isPost('/images/create'),
  'F08 tag': (call) => isPost('/tag?')(call) && !call.path.includes('seaworthy.internal'),
  'F03 create': isPost('/containers/create'),
  'F04 policy update': isPost('/update'),
  'F06 rename of the old': isRename(/__prev_/),
  'F07 rename of the new': isRename(/^[a-z0-9-]+$/),
  'F05 stop': isPost('/stop'),
  'F09 start': isPost('/start'),
  'F11 keeping the image': (call) => isPost('/tag?')(call) && call.path.includes('seaworthy.internal'),
  'F11 removal of the old': isRemoval,
}

/** Does something the first time that a call fits, and never again; `'reset'` breaks that call's connection. */
export function once(
  staged: Pick<Stage, 'proxy'>,
  fits: (call: PassingCall) => boolean,
  what: Partial<Record<'before' | 'after', () => Promise<unknown>>>,
): void {
  const guarded = (action: () => Promise<unknown>) => async () => {
    staged.proxy.rules = staged.proxy.rules.filter((each) => each !== rule)
    return (await action()) === 'reset' ? 'reset' : undefined
  }
  const rule = {
    fits,
    ...(what.before && { before: guarded(what.before) }),
    ...(what.after && { after: guarded(what.after) }),
  }
  staged.proxy.rules = [rule, ...staged.proxy.rules]
}
