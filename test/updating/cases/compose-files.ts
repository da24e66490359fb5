// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are what people write in compose files.
import assert from 'node:assert/strict'
import { chmod, stat } from 'node:fs/promises'
import type { PlayedCase } from '../_played.ts'
import { ended, type Project, type ProjectOptions, type Stage, type Told } from '../_stage.ts'

// A new tag stands in the project's files afterwards: one value in the place where it belongs, and every other byte as it was.

export const composeFileCases: readonly PlayedCase[] = [
  {
    id: 'C04',
    given: 'a newer tag, in a file with comments, an anchor, DOS line ends and a mode of its own',
    holds: 'one value of one line is changed, all else is as it was, and `up` changes nothing',
    async play(stage) {
      const text = [
        '# mine',
        'x-common: &common',
        '  init: true   # all of them',
        'services:',
        '  web:',
        '    <<: *common',
        "    image: 'IMAGE:1.0.0'   # the tag",
        '    environment: {VERSION: 1.0.0}',
        '  other: {image: "IMAGE:other", depends_on: [web]}',
        '# the end',
      ].join('\r\n')
      await playTag(stage, {
        files: { 'compose.yml': text },
        edits: { 'compose.yml': ["IMAGE:1.0.0'", "IMAGE:1.1.0'"] },
        prepare: async (project) => await chmod(project.at('compose.yml'), 0o640),
      })
    },
  },
  {
    id: 'C05',
    given: 'the image is made of a variable with a default, which `.env` sets',
    holds: 'the variable in `.env` is changed',
    play: (stage) =>
      playTag(stage, {
        files: {
          'compose.yml': web('IMAGE:${TAG:-1.0}'),
          '.env': '# versions\nOTHER=1.0.0\nexport TAG="1.0.0" # web\n',
        },
        edits: { '.env': ['"1.0.0"', '"1.1.0"'] },
      }),
  },
  {
    id: 'C05b',
    given: 'the same, and nothing sets it',
    holds: 'the default in the file is changed',
    play: (stage) =>
      playTag(stage, {
        files: { 'compose.yml': web('IMAGE:${TAG:-1.0.0}') },
        edits: { 'compose.yml': ['1.0.0', '1.1.0'] },
      }),
  },
  {
    id: 'C05c',
    given: 'the service extends one of another file',
    holds: 'the other file is changed',
    play: (stage) =>
      playTag(stage, {
        files: {
          'compose.yml': 'services:\n  web:\n    extends: {file: base/common.yml, service: app}\n    init: true\n',
          'base/common.yml': 'services:\n  app:\n    image: IMAGE:1.0.0 # here\n',
        },
        edits: { 'base/common.yml': ['1.0.0', '1.1.0'] },
      }),
  },
  {
    id: 'C05d',
    given: 'the service stands in a file that is included',
    holds: 'the included file is changed',
    play: (stage) =>
      playTag(stage, {
        files: { 'compose.yml': 'include:\n  - more/web.yml\n', 'more/web.yml': web('IMAGE:1.0.0') },
        edits: { 'more/web.yml': ['1.0.0', '1.1.0'] },
      }),
  },
  {
    id: 'C05e',
    given: 'two files, of which the second one names the image',
    holds: 'the second file is changed',
    play: (stage) =>
      playTag(stage, {
        files: { 'compose.yml': web('IMAGE:0.9.0'), 'mine.yml': web('IMAGE:1.0.0') },
        edits: { 'mine.yml': ['1.0.0', '1.1.0'] },
        options: { files: ['compose.yml', 'mine.yml'] },
      }),
  },
  {
    id: 'C05f',
    given: 'the image is the value of an anchor, used for this service only',
    holds: 'the place of the anchor is changed',
    play: (stage) =>
      playTag(stage, {
        files: { 'compose.yml': `x-image: &image IMAGE:1.0.0\n${web('*image')}` },
        edits: { 'compose.yml': ['1.0.0', '1.1.0'] },
      }),
  },
  {
    id: 'C05g',
    given: 'the image is the value of an anchor that another service uses as well',
    holds: 'it is refused with the reason, and neither file nor container is touched',
    play: (stage) =>
      playRefused(stage, {
        'compose.yml': `x-image: &image IMAGE:1.0.0\n${web('*image')}  other: {image: *image, init: true}\n`,
      }),
  },
  {
    id: 'C05h',
    given: 'the tag is put together out of several variables',
    holds: 'the one that holds what is new is changed',
    play: (stage) =>
      playTag(stage, {
        files: { 'compose.yml': web('IMAGE:${MAJOR}.${REST}'), '.env': 'MAJOR=1\nREST=0.0\n' },
        edits: { '.env': ['REST=0.0', 'REST=1.0'] },
      }),
  },
]

function web(image: string): string {
  return `services:\n  web:\n    image: ${image}\n`
}

interface TagPlay {
  readonly files: Readonly<Record<string, string>>
  /** What is found in place of what, by file. No other file changes. */
  readonly edits: Readonly<Record<string, readonly [before: string, after: string]>>
  readonly options?: ProjectOptions
  readonly prepare?: (project: Project) => Promise<void>
}

async function playTag(stage: Stage, { files, edits, options, prepare }: TagPlay): Promise<void> {
  const { project, before, told } = await bump(stage, { files, options, prepare })
  const { update } = ended(told, 'committed')
  assert.equal(update.plan.updater, 'compose', told.text)
  const repository = stage.image.replace(/:latest$/, '')
  for (const [file, { text, mode }] of Object.entries(before)) {
    const [old, next] = (edits[file] ?? ['', '']).map((part) => part.replaceAll('IMAGE', repository))
    assert.equal(await project.read(file), text.replace(old!, next!), file)
    assert.equal((await stat(project.at(file))).mode, mode, file)
  }
  assert.equal(await stage.version(`${project.name}-web-1`), 'two')
  await project.expectSettled()
}

async function playRefused(stage: Stage, files: Readonly<Record<string, string>>): Promise<void> {
  const { project, before, told } = await bump(stage, { files })
  assert.deepEqual(told.updates, [], told.text)
  assert.match(told.text, /compose\.yml/)
  for (const [file, { text }] of Object.entries(before)) assert.equal(await project.read(file), text)
  assert.equal(await stage.version(`${project.name}-web-1`), 'one')
  await project.expectSettled()
}

interface Bump {
  readonly files: Readonly<Record<string, string>>
  readonly options?: ProjectOptions | undefined
  readonly prepare?: ((project: Project) => Promise<void>) | undefined
}

interface FileState {
  readonly text: string
  readonly mode: number
}

/** A project on the tag 1.0.0, and an update of it to 1.1.0. */
async function bump(stage: Stage, { files, options, prepare }: Bump) {
  await stage.push('one', { tag: '1.0.0' })
  await stage.push('other', { tag: 'other' })
  const project = await stage.project(files, options)
  await prepare?.(project)
  const before: Record<string, FileState> = {}
  for (const file of Object.keys(files))
    before[file] = { text: await project.read(file), mode: (await stat(project.at(file))).mode }
  await stage.push('two', { tag: '1.1.0' })
  const program = await stage.program()
  await program.check(stage.image.replace('latest', '1.0.0'))
  const told: Told = await program.update(`${project.name}-web-1`)
  return { project, before, told }
}
