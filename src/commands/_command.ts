import type { LoadedConfig } from '../config/load.ts'
import type { ConfigProblem } from '../config/problems.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Terminal } from './_terminal.ts'

/** What `main.ts` gives every command. */
export interface CommandContext extends Surroundings {
  readonly terminal: Terminal
  readonly cwd: string
  /** Standard input as text, read to its end. */
  readonly readInput: () => Promise<string>
  /** Loads the configuration (path from `--config`). Throws a `Failure` with every problem in it. */
  readonly load: (path: string | undefined) => Promise<LoadedConfig>
  /** Everything that is wrong with the configuration or worth knowing. */
  readonly problems: (path: string | undefined) => Promise<readonly ConfigProblem[]>
  /** The JSON Schema of the configuration. */
  readonly schema: () => Promise<unknown>
}
