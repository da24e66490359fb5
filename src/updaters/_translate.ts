import { DockerError, type DockerErrorKind } from '../docker/errors.ts'
import { dockerFailure } from '../docker/failure.ts'
import { AwayError } from '../domain/update-failures.ts'
import type { Updater } from './_updater.ts'

/** The engine is being restarted, or the way to it is broken: trying again helps. */
const AWAY: readonly DockerErrorKind[] = ['no-socket', 'refused', 'timeout', 'ssh', 'closed']

/** The same updater, whose failures at the engine are told in people's words: `AwayError` where it does not answer, else `Failure`. */
export function translated(updater: Updater): Updater {
  const wrap =
    <Arguments extends readonly [{ host: string }, ...unknown[]], Result>(
      method: (...args: Arguments) => Promise<Result>,
    ): ((...args: Arguments) => Promise<Result>) =>
    async (...args) => {
      try {
        return await method(...args)
      } catch (error) {
        throw translate(error, args[0].host)
      }
    }
  return {
    name: updater.name,
    ...(updater.unfit === undefined ? {} : { unfit: wrap(updater.unfit) }),
    ...(updater.preview === undefined ? {} : { preview: updater.preview }),
    exec: wrap(updater.exec),
    tidy: wrap(updater.tidy),
    plan: wrap(updater.plan),
    fetch: wrap(updater.fetch),
    verify: wrap(updater.verify),
    prepare: wrap(updater.prepare),
    park: wrap(updater.park),
    swap: wrap(updater.swap),
    start: wrap(updater.start),
    gate: wrap(updater.gate),
    commit: wrap(updater.commit),
    rollBack: wrap(updater.rollBack),
    observe: wrap(updater.observe),
    commands: updater.commands,
  }
}

function translate(error: unknown, host: string): unknown {
  if (!(error instanceof DockerError)) return error
  const failure = dockerFailure(error, `docker host "${host}"`)
  return AWAY.includes(error.kind) ? new AwayError((failure as Error).message, error) : failure
}
