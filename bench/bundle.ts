import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Plugin, rolldown } from 'rolldown'
import { temporaryFolder } from '../test/kit/parts/program.ts'

const ROOT = path.join(import.meta.dirname, '..')

/** Files as a release holds them: one program without types and without what is not used. */
export interface Bundle extends AsyncDisposable {
  /** Path of the entry with this name. */
  entry(name: string): string
}

/** Bundles entries (paths from the root of the project, by name) into a temporary folder. */
export async function bundle(entries: Readonly<Record<string, string>>): Promise<Bundle> {
  const folder = await temporaryFolder('bundle')
  // As deep as src/commands is, so that the files of the dashboard are found where they are looked for.
  const dist = path.join(folder.path, 'dist', 'program')
  await mkdir(dist, { recursive: true })
  await writeFile(path.join(folder.path, 'package.json'), '{"type":"module"}')
  await symlink(path.join(ROOT, 'web'), path.join(folder.path, 'web'))
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path.join(ROOT, file)])),
    cwd: ROOT,
    platform: 'node',
    logLevel: 'silent',
    plugins: [withoutTranslations, asAscii],
  })
  await build.write({ dir: dist, format: 'esm', minify: true })
  await build.close()
  return {
    entry: (name) => path.join(dist, `${name}.js`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** zod brings its messages in fifty languages, and a bundler cannot tell that only English is used. */
const withoutTranslations: Plugin = {
  name: 'without-translations',
  load(id) {
    return /zod\/v4\/locales\/index\.js$/.test(id) ? "export { default as en } from './en.js'" : null
  },
}

/** One letter beyond Latin-1 makes the runtime keep the whole program with two bytes a letter. */
const asAscii: Plugin = {
  name: 'as-ascii',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue
      file.code = file.code.replace(
        /[^\0-\x7f]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    }
  },
}
