import { z } from '@hono/zod-openapi'
import type { DockerClient } from '../docker/client.ts'
import { Failure } from '../domain/failure.ts'
import { nameOf, parseImageReference } from '../domain/image-reference.ts'
import type { Plan } from '../domain/update.ts'
import { duration, text } from '../lib/options.ts'
import { composeCommands, observeCompose, takeBack } from './_compose-back.ts'
import { createComposeCli } from './_compose-cli.ts'
import { type PlanParts, planCompose, unfitFor } from './_compose-plan.ts'
import { bringUp, gateServices, moveImage, type StepParts, tryEdits } from './_compose-steps.ts'
import { execIn } from './_exec.ts'
import { fetchImage, findImage, inspectImage, verifyPlatform } from './_image.ts'
import { removeKept } from './_kept-images.ts'
import { defineUpdater, type Run, type Updater, type UpdaterParts } from './_updater.ts'

const options = z.object({
  program: text().default('docker').describe('Program with the compose plugin (docker), or docker-compose itself'),
  timeout: duration().default(600_000).describe('How long docker compose up may take'),
})

type ComposeOptions = z.output<typeof options>

export default defineUpdater({
  name: 'compose',
  summary: 'Services of compose projects, through docker compose and their files.',
  options,
  create: createComposeUpdater,
})

/**
 * The image is fetched, the tag and the one scalar of the files that names it are moved, and compose makes the service
 * anew; when it is not well they are moved back and compose makes it as it was. Nothing is parked: compose itself creates
 * the new container before it removes the old one, and hands its volumes on.
 */
function createComposeUpdater({ program, timeout }: ComposeOptions, parts: UpdaterParts): Updater {
  const { environment, home } = parts
  const open = async (host: string): Promise<PlanParts> => {
    const docker = await parts.docker(host)
    const { endpoint } = docker
    return {
      docker,
      environment,
      cli: () => createComposeCli({ program, timeoutMs: timeout, environment, home, endpoint }),
    }
  }
  const ready = async (host: string): Promise<StepParts> => {
    const { docker, cli } = await open(host)
    return { docker, cli: cli() }
  }
  return {
    name: 'compose',
    unfit: async (target, signal) => unfitFor(await open(target.host), target, signal),
    plan: async (target, signal) => planCompose(await open(target.host), target, signal),
    fetch: async (plan, run) => fetchOnce(await parts.docker(plan.host), { parts, plan, run }),
    verify: async (plan, run) => verify(await parts.docker(plan.host), plan, run),
    prepare: async (plan, run) => tryEdits(await ready(plan.host), plan, run),
    park: async () => {},
    swap: async (plan, run) => moveImage(await ready(plan.host), plan, run),
    start: async (plan, run) => bringUp(await ready(plan.host), plan, run),
    gate: async (plan, run) => gateServices(await ready(plan.host), plan, run),
    // Compose has removed the old container already; its image has a name of ours since the tag was moved.
    commit: async () => {},
    rollBack: async (plan, run) => takeBack(await ready(plan.host), plan, run),
    observe: async (plan, signal) => observeCompose(await ready(plan.host), plan, signal),
    exec: async (plan, { command, timeoutMs, signal }) =>
      execIn(await parts.docker(plan.host), plan.name, { command, timeoutMs, signal }),
    tidy: async ({ host }, images, signal) => removeKept(await parts.docker(host), images, signal),
    commands: composeCommands,
  }
}

interface Fetching {
  readonly parts: UpdaterParts
  readonly plan: Plan
  readonly run: Run
}

async function fetchOnce(docker: DockerClient, { parts, plan, run }: Fetching): Promise<Plan> {
  const imageId = await fetchedId(docker, { parts, plan, run })
  const known = { ...plan, to: { ...plan.to, imageId } }
  await run.keep(known)
  return known
}

async function fetchedId(docker: DockerClient, { parts, plan, run }: Fetching): Promise<string> {
  const { platform, to } = plan
  const { reference, digest, imageId } = to
  const { signal } = run
  // An earlier version that stayed on the host: a registry may not have it any more.
  if (imageId !== undefined && (await findImage(docker, imageId, signal)) !== undefined) return imageId
  if (digest === undefined)
    throw new Failure('not-found', 'The image is not on the host, and its digest is not known.', { where: reference })
  return await run.act('pull', { image: reference, digest }, async () => {
    const auth = await parts.registryAuth(reference, signal)
    return await fetchImage(docker, { reference, digest, platform, auth, signal, onProgress: run.progress })
  })
}

/** What came has to be what was judged and, where need be, approved. */
async function verify(docker: DockerClient, { to, platform }: Plan, { signal }: Run): Promise<void> {
  const image = await inspectImage(docker, to.imageId ?? to.reference, signal)
  verifyPlatform(image, platform)
  if (to.digest === undefined) return
  const name = `${nameOf(parseImageReference(to.reference))}@${to.digest}`
  const same = await findImage(docker, name, signal)
  if (same === undefined || same.Id === image.Id) return
  throw new Failure('conflict', `What the engine has under ${to.digest} is not the image that it fetched.`, {
    where: to.reference,
    remedy: 'Nothing was changed. Something between the engine and the registry changes images: a mirror, a proxy?',
  })
}
