import { rm } from 'node:fs/promises'
import type { DockerClient } from '../docker/client.ts'
import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import { type ComposeCli, projectArguments, upArguments } from './_compose-cli.ts'
import { type ComposeData, dataOf, upServices } from './_compose-data.ts'
import { invertEdits } from './_compose-file.ts'
import { NEVER_STARTED, pointTag, type StepParts, settleLeftovers } from './_compose-steps.ts'
import { inspectServices, type ServiceContainer } from './_compose-world.ts'
import { leftBeside, stateOf, writeEdits } from './_compose-write.ts'
import { sharedVolumes } from './_container-back.ts'
import { findContainer } from './_container-world.ts'
import { findImage } from './_image.ts'
import type { Run, Standing } from './_updater.ts'

/**
 * The files say again what they said, the tag stands for what it stood for, and compose makes the service from them.
 * @throws Failure when somebody else wrote to a file or put another image in place: nothing is done then.
 */
export async function takeBack({ docker, cli }: StepParts, plan: Plan, run: Run): Promise<void> {
  const data = dataOf(plan)
  const { project } = data
  const services = upServices(data)
  const standing = await look({ docker, cli }, plan, run.signal)
  if (standing.own.some(({ imageId }) => imageId !== plan.from.imageId && imageId !== plan.to.imageId))
    throw new Failure('conflict', `${data.service} runs an image by now that is neither the old nor the new one.`, {
      remedy: 'Somebody else changed it meanwhile: leave it, or put it right with the commands of this update.',
    })
  const isUntouched = await isOldInPlace(docker, plan, run.signal)
  if (standing.files === 'other' && !isUntouched) throw writtenMeanwhile(data)
  if (standing.files === 'other') await run.note('file-left', { files: data.files.map(({ file }) => file) })
  for (const change of data.files) {
    const left = await leftBeside(change.file)
    if (left !== undefined) await run.act('remove-temporary', { file: left }, () => rm(left, { force: true }))
    if ((await stateOf(change)) !== 'after') continue
    const edits = invertEdits(data.edits.filter(({ file }) => file === change.file))
    const reverse = { file: change.file, before: change.after, after: change.before }
    const shown = edits.map(({ line, before, after }) => ({ line, before, after }))
    await run.act('write-file-back', { file: change.file, edits: shown }, () => writeEdits(edits, reverse))
  }
  const before = tagBefore(plan, data)
  if (before !== null) await pointTag(docker, { data, imageId: before, step: 'tag-back' }, run)
  await settleLeftovers(docker, data, run)
  if (!(await isOldInPlace(docker, plan, run.signal))) {
    await noteData(docker, { plan, own: standing.own }, run)
    await run.act('up-old', { project: project.name, services }, () => cli.up(project, services, run.signal))
    await awaitOld(docker, plan, run)
  }
  // The engine keeps a name that a running container was made from.
  if (before === null) await pointTag(docker, { data, imageId: null, step: 'untag' }, run)
}

/** Compose hands the volumes on: what the new container wrote there is what the old one goes on with. */
async function noteData(
  docker: DockerClient,
  { plan, own }: { readonly plan: Plan; readonly own: readonly ServiceContainer[] },
  run: Run,
): Promise<void> {
  for (const { id, name, imageId, startedAt } of own) {
    if (imageId !== plan.to.imageId || NEVER_STARTED.test(startedAt)) continue
    const container = await findContainer(docker, id, run.signal)
    const volumes = container === undefined ? [] : sharedVolumes(container)
    if (volumes.length > 0) await run.note('data-may-have-changed', { container: name, volumes })
  }
}

/** What the host and the files show. */
export async function observeCompose(parts: StepParts, plan: Plan, signal: AbortSignal): Promise<Standing> {
  const { own, all, files, tag } = await look(parts, plan, signal)
  const { from, to } = plan
  const isOurs = files === 'after' || tag === 'after'
  if (own.some(({ imageId }) => imageId !== from.imageId && imageId !== to.imageId))
    return isOurs ? 'foreign' : 'settled'
  if (own.length === 0 || all.some(({ finalName, isRunning }) => finalName !== undefined || !isRunning))
    return 'between'
  const isEvery = (imageId: string | undefined) => own.every((container) => container.imageId === imageId)
  if (isEvery(from.imageId) && !isOurs && files !== 'mixed' && files !== 'other') return 'before'
  const isWritten = files === 'after' || files === 'none'
  return isEvery(to.imageId) && isWritten && tag !== 'before' ? 'after' : 'between'
}

/** For a person, most careful first. */
export function composeCommands(plan: Plan): string[] {
  const data = dataOf(plan)
  const { name } = data.project
  const filters = [`label=com.docker.compose.project=${name}`, `label=com.docker.compose.service=${data.service}`]
  const before = tagBefore(plan, data)
  const tag = data.tag === null || before === null ? [] : [command(['docker', 'tag', before, data.tag.reference])]
  return [
    command(['docker', 'ps', '-a', ...filters.flatMap((filter) => ['--filter', filter])]),
    ...data.edits.map(
      ({ file, line, before, after }) => `# ${file}:${line} should be ${before} (the update wrote ${after})`,
    ),
    ...tag,
    command(['docker', 'compose', ...projectArguments(data.project), ...upArguments(upServices(data))]),
  ]
}

interface Look {
  readonly own: readonly ServiceContainer[]
  readonly all: readonly ServiceContainer[]
  readonly files: FilesAt
  readonly tag: 'before' | 'after' | 'none' | 'other'
}

/** `none`: nothing has to be written. `mixed`: some are written. `other`: somebody else wrote, and it is neither. */
type FilesAt = 'before' | 'after' | 'mixed' | 'other' | 'none'

async function look({ docker, cli }: StepParts, plan: Plan, signal: AbortSignal): Promise<Look> {
  const data = dataOf(plan)
  const services = [data.service, ...data.sharers]
  const all = await inspectServices(docker, { project: data.project.name, services }, signal)
  const own = all.filter(({ service }) => service === data.service)
  return { own, all, files: await filesAt(cli, data, signal), tag: await tagAt(docker, plan, signal) }
}

async function filesAt(cli: ComposeCli, data: ComposeData, signal: AbortSignal): Promise<FilesAt> {
  if (data.files.length === 0) return 'none'
  const states = new Set(await Promise.all(data.files.map(stateOf)))
  const [first = 'before'] = states
  if (!states.has('other')) return states.size > 1 ? 'mixed' : first
  // Where a person wrote another image, nothing of ours is left, whatever else they wrote.
  const services = await cli.config(data.project, signal).catch((error: unknown) => {
    if (error instanceof Failure) return undefined
    throw error
  })
  const image = services?.[data.service]?.image
  return image === undefined || image === data.image.after ? 'other' : 'before'
}

async function tagAt(docker: DockerClient, plan: Plan, signal: AbortSignal): Promise<Look['tag']> {
  const data = dataOf(plan)
  if (data.tag === null) return 'none'
  const now = (await findImage(docker, data.tag.reference, signal))?.Id ?? null
  if (now === tagBefore(plan, data)) return 'before'
  // It may have been moved by a pull before the update.
  if (now === plan.to.imageId) return now === data.tag.imageId ? 'none' : 'after'
  return 'other'
}

/**
 * What the tag has to stand for after going back: under the same name that is what ran, also where the tag had been moved
 * before the update, for the next `docker compose up` must not bring back the image that failed.
 */
function tagBefore({ from }: Plan, { image, tag }: ComposeData): string | null {
  return (image.before === image.after ? from.imageId : undefined) ?? tag?.imageId ?? null
}

async function isOldInPlace(docker: DockerClient, plan: Plan, signal: AbortSignal): Promise<boolean> {
  const { project, service, sharers, containers } = dataOf(plan)
  const present = await inspectServices(docker, { project: project.name, services: [service, ...sharers] }, signal)
  const running = present.filter(({ isRunning }) => isRunning).map(({ id }) => id)
  return present.length === containers.length && containers.every((id) => running.includes(id))
}

/** The old image is known to work: it only has to run. */
async function awaitOld(docker: DockerClient, plan: Plan, { clock, signal }: Run): Promise<void> {
  const { project, service } = dataOf(plan)
  for (let tries = 0; tries < OLD_TRIES; tries++) {
    const own = await inspectServices(docker, { project: project.name, services: [service] }, signal)
    if (own.length > 0 && own.every(({ imageId, isRunning }) => isRunning && imageId === plan.from.imageId)) return
    await clock.sleep(OLD_PAUSE_MS, signal)
  }
  throw new Failure('unavailable', `${service} does not run again with the old image.`, {
    remedy: `See docker logs ${plan.name}.`,
  })
}

const OLD_TRIES = 40
const OLD_PAUSE_MS = 250

function writtenMeanwhile({ files, image }: ComposeData): Failure {
  return new Failure('conflict', 'A compose file was changed by somebody else after the update wrote to it.', {
    where: files.map(({ file }) => file).join(', '),
    remedy: `Set the image back to ${image.before} there yourself, and run docker compose up -d.`,
  })
}

function command(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
}
