import { globSync } from 'node:fs'
import path from 'node:path'

const ROOT = path.join(import.meta.dirname, '..', '..')

/** Tests that need nothing but Node and answer at once: they run in every check. */
export function quickFiles(): string[] {
  return find('{src/**,test}/*.test.ts').filter((file) => !file.endsWith('.slow.test.ts'))
}

/**
 * Tests that start real parts (a Docker daemon, a browser, the program itself), hold a whole contract, or wait for time-outs
 * (`*.slow.test.ts`): they run in the whole run only.
 */
export function slowFiles(): string[] {
  return find('{{test/*,scripts}/**/*.test.ts,src/**/*.slow.test.ts}')
}

/** A test file as a person would type it. */
export function short(file: string): string {
  return path.relative(ROOT, file)
}

function find(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT })
    .map((file) => path.join(ROOT, file))
    .sort()
}
