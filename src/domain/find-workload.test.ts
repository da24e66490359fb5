import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeError, Failure } from './failure.ts'
import { findWorkload } from './find-workload.ts'

const ALL = [
  { id: 'docker/nas/web', host: 'nas', name: 'web' },
  { id: 'docker/pi/web', host: 'pi', name: 'web' },
  { id: 'docker/pi/db', host: 'pi', name: 'db' },
  { id: 'docker/pi/postgres', host: 'pi', name: 'postgres' },
  { id: 'swarm/pi/db', host: 'pi', name: 'db' },
]

for (const [text, id] of [
  ['docker/nas/web', 'docker/nas/web'],
  ['nas/web', 'docker/nas/web'],
  ['postgres', 'docker/pi/postgres'],
  ['swarm/pi/db', 'swarm/pi/db'],
] as const)
  test(`"${text}" is the workload ${id}`, () => {
    assert.equal(findWorkload(ALL, text).id, id)
  })

for (const [text, code, message] of [
  ['web', 'invalid', /There are 2 workloads with the name "web"\. Write which one: nas\/web, pi\/web\./],
  ['pi/db', 'invalid', /Write which one: docker\/pi\/db, swarm\/pi\/db\./],
  ['postgre', 'not-found', /no workload "postgre"\. Did you mean postgres\?/],
  ['nas/wb', 'not-found', /Did you mean nas\/web\?/],
  ['nothing-like-it', 'not-found', /Write its name, or host\/name\./],
] as const)
  test(`"${text}" is no workload: ${message.source}`, () => {
    assert.throws(
      () => findWorkload(ALL, text),
      (error) => error instanceof Failure && error.code === code && message.test(describeError(error)),
    )
  })
