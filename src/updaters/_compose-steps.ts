import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DockerClient } from '../docker/client.ts'
import { hasStatus } from '../docker/errors.ts'
import { Failure } from '../domain/failure.ts'
import { describeEnd } from '../domain/gate-words.ts'
import type { Plan } from '../domain/update.ts'
import type { ComposeCli } from './_compose-cli.ts'
import { type ComposeData, checkDrift, dataOf, upServices } from './_compose-data.ts'
import { applyEdits } from './_compose-file.ts'
import { inspectServices, type ServiceContainer } from './_compose-world.ts'
import { changedMeanwhile, readText, stateOf, writeEdits } from './_compose-write.ts'
import { findContainer } from './_container-world.ts'
import { passGate } from './_gate.ts'
import { findImage, moveTag } from './_image.ts'
import { keepImage } from './_kept-images.ts'
import { GateError, type Run } from './_updater.ts'

export interface StepParts {
  readonly docker: DockerClient
  readonly cli: ComposeCli
}

/** Compose has to make the new image out of the edited files, before any of them is touched. @throws Failure */
export async function tryEdits({ cli }: StepParts, plan: Plan, run: Run): Promise<void> {
  const data = dataOf(plan)
  await checkUnchanged(cli, data, run)
  if (data.hash === undefined) {
    const { project, service } = data
    const question = { project, service, services: upServices(data), hash: undefined, isShared: true }
    await checkDrift(cli, question, run.signal)
  }
  const named = [...data.project.files, ...(data.project.envFiles ?? [path.join(data.project.directory, '.env')])]
  // Of an included or extended file there is no copy that the others would find; that edit is checked when it is made.
  if (data.edits.length === 0 || data.edits.some(({ file }) => !named.includes(file))) return
  const folder = await mkdtemp(path.join(tmpdir(), 'seaworthy-compose-'))
  try {
    const copies = new Map<string, string>()
    for (const { file } of data.files) {
      const copy = path.join(folder, `${copies.size}-${path.basename(file)}`)
      const edits = data.edits.filter((edit) => edit.file === file)
      await writeFile(copy, applyEdits(readText(file) ?? '', edits), { mode: 0o600 })
      copies.set(file, copy)
    }
    const instead = (files: readonly string[]) => files.map((file) => copies.get(file) ?? file)
    const dotEnv = copies.get(path.join(data.project.directory, '.env'))
    const envFiles = instead(data.project.envFiles ?? (dotEnv === undefined ? [] : [dotEnv]))
    const services = await cli.config(data.project, run.signal, { files: instead(data.project.files), envFiles })
    checkImage(data, services[data.service]?.image)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The tag stands for the new image, and the files name it. @throws Failure `conflict` with nothing touched when a file changed. */
export async function moveImage({ docker, cli }: StepParts, plan: Plan, run: Run): Promise<void> {
  const data = dataOf(plan)
  await checkUnchanged(cli, data, run)
  if (plan.from.imageId !== undefined) await keepImage(docker, plan.from.imageId, run)
  await pointTag(docker, { data, imageId: plan.to.imageId!, step: 'tag' }, run)
  for (const change of data.files) {
    if ((await stateOf(change)) === 'after') continue
    const edits = data.edits.filter(({ file }) => file === change.file)
    const shown = edits.map(({ line, before, after }) => ({ line, before, after }))
    await run.act('write-file', { file: change.file, edits: shown }, () => writeEdits(edits, change))
  }
  if (data.files.length === 0) return
  const services = await cli.config(data.project, run.signal)
  checkImage(data, services[data.service]?.image)
}

/** @throws GateError when the new container cannot be started, Failure for everything else. */
export async function bringUp({ docker, cli }: StepParts, plan: Plan, run: Run): Promise<void> {
  const data = dataOf(plan)
  const services = upServices(data)
  await settleLeftovers(docker, data, run)
  try {
    await run.act('up', { project: data.project.name, services }, () => cli.up(data.project, services, run.signal))
  } catch (error) {
    run.signal.throwIfAborted()
    const own = await inspectServices(docker, { project: data.project.name, services: [data.service] }, run.signal)
    const bad = own.find((container) => container.imageId === plan.to.imageId && isImagesFault(container))
    if (bad === undefined) throw error
    const { exitCode, isOutOfMemory: oomKilled, error: why } = bad
    throw new GateError(`The container could not be started and ${describeEnd({ exitCode, oomKilled, error: why })}.`)
  }
}

/** The service has to be well, then what shares its namespace; then those that asked for it are restarted. */
export async function gateServices({ docker }: StepParts, plan: Plan, run: Run): Promise<void> {
  const data = dataOf(plan)
  const { signal, clock, log } = run
  const services = [data.service, ...data.sharers]
  const containers = await inspectServices(docker, { project: data.project.name, services }, signal)
  const own = containers.filter(({ service }) => service === data.service)
  if (own.length === 0 || own.some(({ imageId }) => imageId !== plan.to.imageId))
    throw new Failure('conflict', `${data.service} is not what the update made of it any more.`, {
      remedy: 'Somebody else changed it meanwhile; see docker events.',
    })
  for (const { id, service, name } of containers) {
    const gate = service === data.service ? plan.gate : { ...plan.gate, probe: undefined }
    await passGate(docker, { containerId: id, gate, mayEnd: false, signal, clock, log })
    await run.note('well', { container: name })
  }
  const since = own.map(({ startedAt }) => startedAt).sort()[0] ?? ''
  const dependants = await inspectServices(docker, { project: data.project.name, services: data.restarts }, signal)
  for (const { id, name, startedAt, isRunning } of dependants) {
    // Begun again after an interruption it must not restart what it has restarted.
    if (!isRunning || startedAt > since) continue
    await run.act('restart', { container: name }, async () => {
      await docker.request('POST', `/containers/${id}/restart`, { timeoutMs: RESTART_MS, signal })
    })
  }
}

const RESTART_MS = 5 * 60_000

/** Makes the tag stand for an image; null: it goes. Nothing is done where it does so already. */
export async function pointTag(
  docker: DockerClient,
  { data, imageId, step }: { data: ComposeData; imageId: string | null; step: string },
  run: Run,
): Promise<void> {
  const { signal } = run
  if (data.tag === null) return
  const { reference } = data.tag
  const now = (await findImage(docker, reference, signal))?.Id ?? null
  if (now === imageId) return
  await run.act(step, { reference, image: imageId, before: now }, async () => {
    if (imageId !== null) return await moveTag(docker, { reference, imageId, signal })
    await untag(docker, reference, run)
  })
}

/**
 * Puts away what a compose that was cut off has left: a container that was to take another one's place gets the name when
 * that is free, and goes when it never ran.
 */
export async function settleLeftovers(docker: DockerClient, data: ComposeData, run: Run): Promise<void> {
  const { signal } = run
  const services = [data.service, ...data.sharers]
  const containers = await inspectServices(docker, { project: data.project.name, services }, signal)
  for (const { id, name, finalName, startedAt } of containers) {
    if (finalName === undefined) continue
    if ((await findContainer(docker, finalName, signal)) === undefined)
      await run.act('rename-leftover', { container: name, to: finalName }, async () => {
        await docker.request('POST', `/containers/${id}/rename`, { query: { name: finalName }, signal })
      })
    else if (NEVER_STARTED.test(startedAt))
      await run.act('remove-leftover', { container: name }, async () => {
        await docker.request('DELETE', `/containers/${id}`, { signal })
      })
  }
}

/** By when it was started. */
export const NEVER_STARTED = /^(?:0001-|$)/

async function untag(docker: DockerClient, reference: string, { signal }: Run): Promise<void> {
  try {
    await docker.request('DELETE', `/images/${reference}`, { query: { noprune: 1 }, signal })
  } catch (error) {
    // Gone, or still needed by a container under its id.
    if (!hasStatus(error, 404, 409)) throw error
  }
}

/** Neither the files that are edited nor anything else that compose would apply. */
async function checkUnchanged(cli: ComposeCli, data: ComposeData, run: Run): Promise<void> {
  const states = await Promise.all(data.files.map(stateOf))
  const changed = data.files.find((_, index) => states[index] === 'other')
  if (changed !== undefined) throw changedMeanwhile(changed.file)
  if (states.includes('after') || data.hash === undefined) return
  const { project, service, hash } = data
  await checkDrift(cli, { project, service, services: [service], hash, isShared: false }, run.signal)
}

function checkImage({ image, service, project }: ComposeData, found: string | undefined): void {
  if (found === image.after) return
  throw new Failure(
    'unsupported',
    `With the edit compose reads ${found ?? 'no image'} for ${service}, not ${image.after}.`,
    {
      where: project.files.join(', '),
      remedy: 'Change the tag by hand and run docker compose up -d.',
    },
  )
}

/** Exit codes of a shell for a command that is not there or cannot be run; taken ports and the like have others. */
function isImagesFault({ exitCode, isOutOfMemory }: ServiceContainer): boolean {
  return isOutOfMemory || exitCode === 126 || exitCode === 127
}
