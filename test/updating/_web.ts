import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import type { PushOptions } from '../kit/parts/push-image.ts'
import { ended, type Project, type ProjectOptions, type Stage, type Told } from './_stage.ts'

/** A project of the service `web` and what else there is, from the case's image. `.env` is what `compose.env` holds. */
export async function openWeb(
  stage: Stage,
  settings: readonly string[] = [],
  more: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  options: ProjectOptions = {},
): Promise<{ readonly project: Project; readonly container: string }> {
  const lines = ['services:', '  web:', '    image: IMAGE:latest', ...settings.map((line) => `    ${line}`), ...more]
  const { 'compose.env': env, ...rest } = files
  const all = { 'compose.yml': `${lines.join('\n')}\n`, ...(env === undefined ? {} : { '.env': env }), ...rest }
  const project = await stage.project(all, options)
  return { project, container: `${project.name}-web-1` }
}

/** Pushes version `two` and lets a program update a container to it. */
export async function tryNext(stage: Stage, container: string, next: PushOptions = {}): Promise<Told> {
  await stage.push('two', next)
  const program = await stage.program()
  await program.check()
  return await program.update(container)
}

/** The same, and it has to go well, through compose unless told. */
export async function playNext(stage: Stage, container: string, { updater = 'compose', ...next }: Next = {}) {
  const told = await tryNext(stage, container, next)
  const { update } = ended(told, 'committed')
  assert.equal(update.plan.updater, updater, told.text)
  assert.equal(await stage.version(container), 'two')
  return update
}

interface Next extends PushOptions {
  readonly updater?: 'compose' | 'container'
}

/** Takes the project's folder away while something is done. */
export async function unreachable<Result>({ folder }: Project, work: () => Promise<Result>): Promise<Result> {
  await rename(folder, `${folder}.away`)
  try {
    return await work()
  } finally {
    await rename(`${folder}.away`, folder)
  }
}
