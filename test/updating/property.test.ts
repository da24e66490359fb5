import assert from 'node:assert/strict'
import fc from 'fast-check'
import { differences } from '../../src/domain/container-spec/differences.ts'
import type { InspectedContainer } from '../../src/domain/container-spec/types.ts'
import { type Bench, type Case, type Inspect, NEW, OLD } from './_case.ts'
import { lane } from './_lane.ts'
import { type RandomSpec, randomSpecs, WAITING } from './_random-specs.ts'

// Whatever a container's owner has said, inspect before and after differ only where the images do.
// SEED=… repeats other containers than those of every run.

const SEED = Number(process.env.SEED ?? 20_260_101)
const CONTAINERS = 25
const IMAGES = { cmd: WAITING }

const specs = fc.sample(randomSpecs(), { seed: SEED, numRuns: CONTAINERS })
await lane('1.41', { groups: { Random: specs.map(toCase) }, kept: false })

function toCase(spec: RandomSpec, place: number): Case {
  return {
    id: `P${String(place + 1).padStart(2, '0')}`,
    given: `a random container (seed ${SEED})`,
    holds: 'it is the same but for what its image says',
    old: IMAGES,
    new: IMAGES,
    create: (bench) => create(bench, spec),
    expect: (before, after) =>
      assert.deepEqual(
        differences(before as unknown as InspectedContainer, after as unknown as InspectedContainer).sort(),
        expected(before),
        `in a container of ${JSON.stringify(spec, null, 1)}`,
      ),
  }
}

async function create(bench: Bench, { config, host, networks }: RandomSpec): Promise<void> {
  const made = await Promise.all(networks.map((_, place) => bench.network(`net-${place}`)))
  const endpoints = networks.map(({ fixed, settings }, place) => {
    const { name, ip } = made[place]!
    return [name, { ...settings, ...(fixed !== undefined && { IPAMConfig: { IPv4Address: ip(fixed) } }) }] as const
  })
  await bench.run({ ...config, HostConfig: host, networks: endpoints })
}

/** The variables and labels that only the images set, and not to the same. */
function expected({ Config }: Inspect): string[] {
  const variables = new Map((OLD.env ?? []).map(split))
  const newer = new Map((NEW.env ?? []).map(split))
  const own = new Map(Config.Env.map(split))
  const labels = new Map(Object.entries(OLD.labels ?? {}))
  const newerLabels = new Map(Object.entries(NEW.labels ?? {}))
  return [
    ...changed(variables, newer, own).map((name) => `Config.Env.${name}`),
    ...changed(labels, newerLabels, new Map(Object.entries(Config.Labels))).map((name) => `Config.Labels.${name}`),
  ].sort()
}

function changed(
  old: ReadonlyMap<string, string>,
  newer: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
): string[] {
  const names = [...new Set([...old.keys(), ...newer.keys()])]
  return names.filter((name) => old.get(name) !== newer.get(name) && own.get(name) === old.get(name))
}

function split(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
