import { Failure } from './failure.ts'
import { nearest } from './nearest.ts'

interface Named {
  readonly id: string
  readonly host: string
  readonly name: string
}

/**
 * The workload that a person means: by its id, by `host/name`, or by its name where only one has it.
 * @throws Failure `not-found` with the nearest name, `invalid` where several have the name, with how to tell them apart.
 */
export function findWorkload<Workload extends Named>(workloads: readonly Workload[], text: string): Workload {
  const exact = workloads.find(({ id }) => id === text)
  if (exact !== undefined) return exact
  const found = [fullName, ({ name }: Named) => name]
    .map((naming) => workloads.filter((each) => naming(each) === text))
    .find((matching) => matching.length > 0)
  if (found === undefined) throw unknown(workloads, text)
  if (found.length === 1) return found[0]!
  // The same host and name may be there by way of two providers.
  const names = found.map(fullName)
  const telling = new Set(names).size === names.length ? names : found.map(({ id }) => id)
  throw new Failure('invalid', `There are ${found.length} workloads with the name "${text}".`, {
    remedy: `Write which one: ${telling.join(', ')}.`,
  })
}

function unknown(workloads: readonly Named[], text: string): Failure {
  const known = text.includes('/') ? workloads.map(fullName) : workloads.map(({ name }) => name)
  const guess = nearest(text, [...new Set(known)])
  return new Failure('not-found', `There is no workload "${text}".`, {
    remedy: guess === undefined ? 'Write its name, or host/name.' : `Did you mean ${guess}?`,
  })
}

function fullName({ host, name }: Named): string {
  return `${host}/${name}`
}
