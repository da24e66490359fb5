import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import { nameOf, parseImageReference } from '../domain/image-reference.ts'
import type { Plan } from '../domain/update.ts'
import { commandsFor, observeContainer, putBack } from './_container-back.ts'
import { gateAll, removeOld } from './_container-finish.ts'
import { createCandidates, parkMembers, startNew, swapNames } from './_container-forward.ts'
import { planContainer, previewChanges, withChanges } from './_container-plan.ts'
import { execIn } from './_exec.ts'
import { fetchImage, findImage, inspectImage, verifyPlatform } from './_image.ts'
import { removeKept } from './_kept-images.ts'
import { defineUpdater, type Run, type Updater, type UpdaterParts } from './_updater.ts'

export default defineUpdater({
  name: 'container',
  summary: 'Containers of a Docker engine, through its API.',
  options: z.object({}),
  create: (_, parts) => createContainerUpdater(parts),
})

/**
 * The new container is created while the old one serves, the two change names, the old one stops and the new one starts;
 * when it is not well it goes, and the old one, which was only renamed and stopped, is started again.
 */
function createContainerUpdater(parts: UpdaterParts): Updater {
  const { docker } = parts
  return {
    name: 'container',
    plan: async (target, signal) => planContainer(await docker(target.host), target, signal),
    preview: previewChanges,
    fetch: (plan, run) => fetchOnce(parts, plan, run),
    verify: (plan, run) => verify(parts, plan, run),
    prepare: async (plan, run) => createCandidates(await docker(plan.host), plan, run),
    park: async (plan, run) => parkMembers(await docker(plan.host), plan, run),
    swap: async (plan, run) => swapNames(await docker(plan.host), plan, run),
    start: async (plan, run) => startNew(await docker(plan.host), plan, run),
    gate: async (plan, run) => gateAll(await docker(plan.host), plan, run),
    commit: async (plan, run) => removeOld(await docker(plan.host), plan, run),
    rollBack: async (plan, run) => putBack(await docker(plan.host), plan, run),
    observe: async (plan, signal) => observeContainer(await docker(plan.host), plan, signal),
    exec: async ({ host, name }, { command, timeoutMs, signal }) =>
      execIn(await docker(host), name, { command, timeoutMs, signal }),
    tidy: async ({ host }, images, signal) => removeKept(await docker(host), images, signal),
    commands: commandsFor,
  }
}

async function fetchOnce({ docker, registryAuth }: UpdaterParts, plan: Plan, run: Run): Promise<Plan> {
  const client = await docker(plan.host)
  const { reference, digest, imageId } = plan.to
  const fetched =
    digest === undefined
      ? imageId
      : await run.act('pull', { image: reference, digest }, async () => {
          const auth = await registryAuth(reference, run.signal)
          const { platform } = plan
          return await fetchImage(client, {
            reference,
            digest,
            platform,
            auth,
            signal: run.signal,
            onProgress: run.progress,
          })
        })
  if (fetched === undefined) throw new Error('Neither a digest nor an image id is known')
  const known = await withChanges(client, { ...plan, to: { ...plan.to, imageId: fetched } }, run.signal)
  await run.keep(known)
  return known
}

/** The digest of an image is what was judged and, where need be, approved: nothing else may be started. */
async function verify({ docker }: UpdaterParts, { host, to, platform }: Plan, run: Run): Promise<void> {
  const image = await inspectImage(await docker(host), to.imageId!, run.signal)
  verifyPlatform(image, platform)
  if (to.digest === undefined) return
  const name = nameOf(parseImageReference(to.reference))
  const same = await findImage(await docker(host), `${name}@${to.digest}`, run.signal)
  if (same?.Id === image.Id) return
  throw new Failure('conflict', `What the engine has under ${to.digest} is not the image that it fetched.`, {
    where: to.reference,
    remedy: 'Nothing was changed. Something between the engine and the registry changes images: a mirror, a proxy?',
  })
}
