import { z } from '@hono/zod-openapi'
import { Failure } from '../domain/failure.ts'
import type { Plan } from '../domain/update.ts'
import type { ComposeCli } from './_compose-cli.ts'
import type { ComposeProject } from './_compose-project.ts'

const EDIT = z.object({ file: z.string(), line: z.number(), start: z.number(), before: z.string(), after: z.string() })
const DATA = z.object({
  project: z.object({
    name: z.string(),
    directory: z.string(),
    files: z.array(z.string()),
    envFiles: z.array(z.string()).optional(),
  }),
  service: z.string(),
  /** What compose would write on the container as the files are; undefined where that cannot be known. */
  hash: z.string().optional(),
  /** Services that are made anew with it, and those that are restarted after it. */
  sharers: z.array(z.string()),
  /** Services whose namespaces or volumes it uses: they stay as they are, and compose has to be told of them. */
  providers: z.array(z.string()),
  restarts: z.array(z.string()),
  /** The image as the files give it, now and then. */
  image: z.object({ before: z.string(), after: z.string() }),
  edits: z.array(EDIT),
  files: z.array(z.object({ file: z.string(), before: z.string(), after: z.string() })),
  /** The tag that is moved, and the id of the image it stood for; null: it was not there. */
  tag: z.object({ reference: z.string(), imageId: z.string().nullable() }).nullable(),
  /** Ids of the containers that serve now. */
  containers: z.array(z.string()),
})

/** What the compose updater keeps in a plan. */
export type ComposeData = z.output<typeof DATA>

export function dataOf(plan: Plan): ComposeData {
  return DATA.parse(plan.data)
}

/** What compose is asked to bring up. */
export function upServices({ service, sharers, providers }: ComposeData): string[] {
  return [...providers, service, ...sharers]
}

/**
 * Compose would also apply what a person has written into the files and not run yet.
 * @throws Failure `conflict`
 */
export async function checkDrift(
  cli: ComposeCli,
  { project, services, service, hash, isShared }: DriftQuestion,
  signal: AbortSignal,
): Promise<void> {
  // What shares a namespace is hashed by the ids of containers, so that only compose itself can compare.
  const differs = isShared
    ? await cli.wouldRecreate(project, services, signal)
    : hash !== undefined && (await cli.hash(project, service, signal)) !== hash
  if (!differs) return
  throw new Failure('conflict', `The compose files of ${service} have changes that are not applied yet.`, {
    where: project.files.join(', '),
    remedy:
      'Run docker compose up -d first, or take them back. Where a value comes from the shell that started it, write it into .env.',
  })
}

export interface DriftQuestion {
  readonly project: ComposeProject
  readonly service: string
  /** All that compose will be asked for. */
  readonly services: readonly string[]
  readonly hash: string | undefined
  readonly isShared: boolean
}
