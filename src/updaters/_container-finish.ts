import type { DockerClient } from '../docker/client.ts'
import type { InspectedContainer } from '../domain/container-spec/types.ts'
import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import { startMember } from './_container-forward.ts'
import { dataOf, type Member } from './_container-plan.ts'
import { findCandidate, findContainer, nameOfContainer, parkedName } from './_container-world.ts'
import { passGate } from './_gate.ts'
import { keepImage } from './_kept-images.ts'
import type { Run } from './_updater.ts'

/** The workload's new container has to be well; then those that depend on it start and have to be well too. */
export async function gateAll(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  const { members, restarts } = dataOf(plan)
  for (const member of members) {
    if (member.state === 'stopped') continue
    const candidate = await startMember(docker, member, run)
    // Cut off after this: it has passed its gate already.
    if (member.state === 'paused' && candidate.State.Paused === true) continue
    const gate = member.role === 'workload' ? plan.gate : { ...plan.gate, probe: undefined }
    const { signal, clock, log } = run
    await passGate(docker, { containerId: candidate.Id, gate, mayEnd: false, signal, clock, log })
    await run.note('well', { container: member.name })
    if (member.state === 'paused')
      await run.act('pause', { container: member.name }, async () => {
        await docker.request('POST', `/containers/${candidate.Id}/pause`, { signal })
      })
  }
  const own = await findCandidate(docker, members[0].id, run.signal)
  for (const { id, name } of restarts)
    await restartOnce(docker, { id, name, since: String(own?.State.StartedAt ?? ''), run })
}

/** The old containers are removed, those first that depend on others. The old image stays, under a name of ours. */
export async function removeOld(docker: DockerClient, plan: Plan, run: Run): Promise<void> {
  const { members } = dataOf(plan)
  if (plan.from.imageId !== undefined) await keepImage(docker, plan.from.imageId, run)
  for (const member of members.toReversed()) {
    const old = await findContainer(docker, member.id, run.signal)
    if (old === undefined) continue
    await checkReplaced(docker, member, run)
    await run.act('remove-old', { container: nameOfContainer(old), id: old.Id.slice(0, 12) }, async () => {
      // Its anonymous volumes stay: the new one goes on with them.
      await docker.request('DELETE', `/containers/${old.Id}`, { signal: run.signal })
    })
  }
}

/** The old one goes only when the new one stands in its place. */
async function checkReplaced(docker: DockerClient, member: Member, run: Run): Promise<void> {
  // An engine that was restarted just now has not started its containers yet.
  const deadline = performance.now() + BACK_MS
  for (;;) {
    const candidate = await findCandidate(docker, member.id, run.signal)
    const isThere = candidate !== undefined && nameOfContainer(candidate) === member.name
    if (isThere && (candidate.State.Running === true || member.state === 'stopped')) return
    if (!isThere || performance.now() > deadline) break
    await run.clock.sleep(LOOK_MS, run.signal)
  }
  throw new Failure('conflict', `The new container "${member.name}" does not run any more.`, {
    remedy: `The old one is kept as "${parkedName(member)}".`,
  })
}

const BACK_MS = 30_000
const LOOK_MS = 250

/** Begun again after an interruption it must not restart what it has restarted: that began later than the new container. */
async function restartOnce(
  docker: DockerClient,
  { id, name, since, run }: { id: string; name: string; since: string; run: Run },
): Promise<void> {
  const container = await findContainer(docker, id, run.signal)
  if (container === undefined || !isUp(container)) return
  // Both are the engine's own times, in the same form.
  if (String(container.State.StartedAt ?? '') > since) return
  await run.act('restart', { container: name }, async () => {
    await docker.request('POST', `/containers/${id}/restart`, { timeoutMs: RESTART_MS, signal: run.signal })
  })
}

function isUp({ State }: InspectedContainer): boolean {
  return State.Running === true && State.Paused !== true
}

const RESTART_MS = 5 * 60_000
