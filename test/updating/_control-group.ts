import { readdir, rmdir } from 'node:fs/promises'
import path from 'node:path'

/** The control group under which cases put containers. */
export const CONTROL_GROUP = '/docker/seaworthy-updating'

const ROOT = '/sys/fs/cgroup'

/** An engine makes the group and never removes it. One that another run uses stays: it is not empty. */
export async function removeControlGroup(): Promise<void> {
  const controllers = (await readdir(ROOT, { withFileTypes: true })).filter((entry) => entry.isDirectory())
  for (const root of [ROOT, ...controllers.map(({ name }) => path.join(ROOT, name))]) {
    await rmdir(path.join(root, CONTROL_GROUP)).catch(() => undefined)
  }
}
