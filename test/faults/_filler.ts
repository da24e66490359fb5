import { rm, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { output } from '../kit/parts/program.ts'

/** Fills the file system of a folder to the last page, but for so many KiB, and makes room again. */
export function fillerOf(folder: string): { fill(left?: number): Promise<void>; free(): Promise<void> } {
  const file = path.join(folder, 'filler')
  return {
    async fill(left = 0) {
      // It ends when there is no room any more.
      await output('dd', ['if=/dev/zero', `of=${file}`, 'bs=4k']).catch(() => undefined)
      await truncate(file, Math.max(0, (await stat(file)).size - left * 1024))
    },
    free: () => rm(file, { force: true }),
  }
}
