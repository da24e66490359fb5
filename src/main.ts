import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { addAbortSignal } from 'node:stream'
import { Command, CommanderError } from 'commander'
import type { CommandContext } from './commands/_command.ts'
import { EXIT, exitCodeOf } from './commands/_exit-codes.ts'
import { paint, type Terminal } from './commands/_terminal.ts'
import { describeError, Failure } from './domain/failure.ts'
import { VERSION } from './version.ts'

// The only file that reads the environment and ends the process. Each command is loaded when it is called.

const environment = process.env
const terminal = systemTerminal()
const context = createContext(terminal)
process.exitCode = await run(process.argv)

async function run(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.ok
  const program = createProgram((ended) => {
    code = ended
  })
  try {
    await program.parseAsync(argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (context.signal.aborted && (error === context.signal.reason || !(error instanceof Failure))) return EXIT.failed
    terminal.err(
      `${paint({ ...terminal, color: terminal.color && terminal.isErrTty }, 'red', 'error')}: ${describeError(error)}\n`,
    )
    if (!(error instanceof Failure) && error instanceof Error) terminal.err(`${error.stack ?? ''}\n`)
    return exitCodeOf(error)
  }
}

function createProgram(ended: (code: number) => void): Command {
  const program = new Command('seaworthy')
    .description('Keeps the containers you run up to date: watches registries, tells you, shows what waits.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
  const add = (parent: Command, name: string, summary: string): Command =>
    parent
      .command(name)
      .description(summary)
      .option('--config <file>', 'configuration file (default: the usual places)')
      .exitOverride()
  const json = ['--json', 'print JSON'] as const

  add(program, 'serve', 'Watch, tell and answer HTTP until stopped.').action(async (options) =>
    ended(await (await import('./commands/serve.ts')).serve(context, options)),
  )
  add(program, 'check', 'Ask the registries now.')
    .option('--image <image>', 'only this image')
    .option(...json)
    .action(async (options) => ended(await (await import('./commands/check.ts')).check(context, options)))
  add(program, 'images', 'List what runs and what was last known of it.')
    .option(...json)
    .action(async (options) => ended(await (await import('./commands/images.ts')).images(context, options)))
  addUpdating(program, add, ended)
  addDeciding(program, add, ended)
  addSelfUpdate(program, ended)
  addTags(add(program, 'tags', 'Judge tags, one a line on standard input, and say of each why.'), ended)
  const notif = program.command('notif').description('Channels.').exitOverride()
  add(notif, 'test', 'Send a test message.')
    .argument('[channel]', 'one channel only')
    .option(...json)
    .action(async (channel, options) =>
      ended(await (await import('./commands/notif.ts')).notifTest(context, channel, options)),
    )
  addConfig(program, add, ended)
  const db = program.command('db').description('The database.').exitOverride()
  add(db, 'backup', 'Copy the database while it is in use.')
    .argument('[file]', 'where to (default: beside the database, the newest five are kept)')
    .option(...json)
    .action(async (file, options) => ended(await (await import('./commands/db.ts')).dbBackup(context, file, options)))
  add(program, 'healthcheck', 'Whether the server answers and is well.')
    .option(...json)
    .action(async (options) => ended(await (await import('./commands/healthcheck.ts')).healthcheck(context, options)))
  program
    .command('version')
    .description('Print the version.')
    .option(...json)
    .action(async (options) => ended((await import('./commands/version.ts')).version(context, options)))
  return program
}

type Add = (parent: Command, name: string, summary: string) => Command

function addUpdating(program: Command, add: Add, ended: (code: number) => void): void {
  const noWait = ['--no-wait', 'do not follow it to its end (where a server runs)'] as const
  add(program, 'workloads', 'List what runs with what may be done about it, and who said so.')
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./commands/workloads.ts')).workloads(context, options)))
  add(program, 'update', 'Update workloads now, and follow that to its end.')
    .argument('[workload...]', 'names, host/name or ids')
    .option('--all', 'everything that has something newer and is not held')
    .option('--dry-run', 'only say what would be done')
    .option(...noWait)
    .option('--json', 'print JSON')
    .action(async (names, options) =>
      ended(await (await import('./commands/update.ts')).update(context, names, options)),
    )
  add(program, 'rollback', 'Go back to an earlier version, and hold it there.')
    .argument('<workload>', 'name, host/name or id')
    .option('--to <version>', 'tag, digest or image id (default: the last one)')
    .option(...noWait)
    .option('--json', 'print JSON')
    .action(async (name, options) =>
      ended(await (await import('./commands/rollback.ts')).rollback(context, name, options)),
    )
  add(program, 'updates', 'List open and past updates, or show one step by step.')
    .argument('[id]', 'id of an update, or its beginning')
    .option('--open', 'only those that did not come to their end')
    .option('--workload <workload>', 'only those of this workload')
    .option('--most <number>', 'how many (default: 50)')
    .option('--json', 'print JSON')
    .action(async (id, options) => ended(await (await import('./commands/updates.ts')).updates(context, id, options)))
}

/** Called by a server in the helper that it makes when it updates its own container. */
function addSelfUpdate(program: Command, ended: (code: number) => void): void {
  program
    .command('self-update', { hidden: true })
    .argument('<update>', 'id of the update')
    .argument('<container>', 'name of the container of the server')
    .option('--config <file>', 'configuration file')
    .exitOverride()
    .action(async (update, container, options) =>
      ended(await (await import('./commands/self-update.ts')).selfUpdate(context, { update, container }, options)),
    )
}

function addDeciding(program: Command, add: Add, ended: (code: number) => void): void {
  const until = ['--until <when>', '2h, 3d or 2026-12-01T08:00'] as const
  const reason = ['--reason <text>', 'why, for those who look later'] as const
  add(program, 'hold', 'Leave a workload as it is.')
    .argument('<workload>', 'name, host/name or id')
    .option(...until)
    .option(...reason)
    .option('--pin', 'keep its tag only; a new build of it may come')
    .option('--release', 'take back what holds it (with --pin: only that)')
    .option('--json', 'print JSON')
    .action(async (name, options) => ended(await (await import('./commands/hold.ts')).hold(context, name, options)))
  add(program, 'skip', 'Pass over what a workload could move to now.')
    .argument('<workload>', 'name, host/name or id')
    .option(...reason)
    .option('--json', 'print JSON')
    .action(async (name, options) => ended(await (await import('./commands/hold.ts')).skip(context, name, options)))
  add(program, 'approve', 'Say yes to what workloads could move to now.')
    .argument('<workload...>', 'names, host/name or ids')
    .option('--json', 'print JSON')
    .action(async (names, options) =>
      ended(await (await import('./commands/approve.ts')).approve(context, names, options)),
    )
  add(program, 'pause', 'Let nothing be updated by itself.')
    .option(...until)
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./commands/pause.ts')).pause(context, options)))
  add(program, 'resume', 'Let things be updated by themselves again.')
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./commands/pause.ts')).resume(context, options)))
}

function addTags(command: Command, ended: (code: number) => void): void {
  const collect = (value: string, before: string[] = []): string[] => [...before, value]
  command
    .requiredOption('--image <image>', 'the image the tags belong to')
    .requiredOption('--current <tag>', 'the tag in use')
    .option('--policy <level>', 'digest, patch, minor or major', 'major')
    .option('--include <regex>', 'only tags that match (RE2; may be repeated)', collect)
    .option('--exclude <regex>', 'no tags that match (RE2; may be repeated)', collect)
    .option('--fetch', "judge the registry's own list instead")
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./commands/tags.ts')).tags(context, options)))
}

function addConfig(program: Command, add: Add, ended: (code: number) => void): void {
  const config = program.command('config').description('The configuration.').exitOverride()
  add(config, 'check', 'Print every problem with its place and a suggestion.')
    .option('--json', 'print JSON')
    .action(async (options) => ended(await (await import('./commands/config.ts')).configCheck(context, options)))
  add(config, 'schema', 'Print the JSON Schema for editors.').action(async () =>
    ended(await (await import('./commands/config.ts')).configSchemaText(context)),
  )
}

function createContext(output: Terminal): CommandContext {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stopping.abort(new Failure('unavailable', `Stopped by ${name}.`)))
  }
  const inputFor = async (path: string | undefined) => {
    const { notifiers } = await import('./notifiers/all.gen.ts')
    const { providers } = await import('./providers/all.gen.ts')
    const readFile = (file: string): string => readFileSync(file, 'utf8')
    return {
      path,
      env: environment,
      cwd: process.cwd(),
      home: homedir(),
      readFile,
      families: { notifiers, providers } as never,
    }
  }
  return {
    terminal: output,
    environment,
    cwd: process.cwd(),
    home: homedir(),
    signal: stopping.signal,
    readInput: () => readInput(stopping.signal),
    load: async (path) => (await import('./config/load.ts')).loadConfig(await inputFor(path)),
    problems: async (path) => (await import('./config/check.ts')).checkConfig(await inputFor(path)),
    schema: async () =>
      (await import('./config/json-schema.ts')).configJsonSchema((await inputFor(undefined)).families),
  }
}

async function readInput(signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) terminal.err('Reading tags from the terminal, one a line; end with Ctrl-D.\n')
  const chunks: Buffer[] = []
  for await (const chunk of addAbortSignal(signal, process.stdin)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function systemTerminal(): Terminal {
  // https://no-color.org: set, and not empty.
  const color = !environment.NO_COLOR && environment.TERM !== 'dumb'
  // A reader that went away (`seaworthy images | head -1`) is no error of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTty: process.stdout.isTTY === true,
    isErrTty: process.stderr.isTTY === true,
    color: color && process.stdout.isTTY === true,
    columns: process.stderr.columns ?? 80,
  }
}
