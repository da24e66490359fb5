import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '../domain/failure.ts'
import { readFrom } from './_fixtures.ts'
import { findConfigFile, usualPlaces } from './search.ts'

const ENV = { XDG_CONFIG_HOME: '/xdg' }
const BASE = { env: ENV, cwd: '/srv', home: '/home/me' }

const ORDER = [
  'seaworthy.yml',
  'seaworthy.yaml',
  '/etc/seaworthy/seaworthy.yml',
  '/etc/seaworthy/seaworthy.yaml',
  '/xdg/seaworthy.yml',
  '/xdg/seaworthy.yaml',
  '/home/me/.config/seaworthy.yml',
  '/home/me/.config/seaworthy.yaml',
  '/config/seaworthy.yml',
  '/config/seaworthy.yaml',
  '/etc/diun/diun.yaml',
  '/etc/diun/diun.yml',
  '/xdg/diun.yaml',
  '/xdg/diun.yml',
  '/home/me/.config/diun.yaml',
  '/home/me/.config/diun.yml',
  'diun.yaml',
  'diun.yml',
  '/config/diun.yml',
  '/config/diun.yaml',
]

test('the usual places are searched in their order', () => {
  assert.deepEqual(usualPlaces(BASE), ORDER)
  const withoutXdg = ORDER.filter((place) => !place.startsWith('/xdg'))
  assert.deepEqual(usualPlaces({ ...BASE, env: {} }), withoutXdg)
})

test('the first file that exists is read', () => {
  for (const [index, file] of ORDER.entries()) {
    const later = ORDER.slice(index).map((path) => [path.startsWith('/') ? path : `/srv/${path}`, path])
    const readFile = readFrom(Object.fromEntries(later) as Record<string, string>)
    assert.deepEqual(findConfigFile({ ...BASE, readFile }), { file, text: file })
  }
  assert.equal(findConfigFile({ ...BASE, readFile: readFrom({}) }), undefined)
})

test('the command line wins over the variables, and those over the usual places', () => {
  const readFile = readFrom({ '/srv/a.yml': 'a', '/b.yml': 'b', '/c.yml': 'c', '/srv/seaworthy.yml': 'd' })
  const env = { SEAWORTHY_CONFIG: '/b.yml', CONFIG: '/c.yml' }
  assert.equal(findConfigFile({ ...BASE, env, readFile, path: 'a.yml' })?.text, 'a')
  assert.equal(findConfigFile({ ...BASE, env, readFile })?.text, 'b')
  assert.equal(findConfigFile({ ...BASE, env: { CONFIG: '/c.yml' }, readFile })?.text, 'c')
  assert.equal(findConfigFile({ ...BASE, env: { CONFIG: '' }, readFile })?.text, 'd')
})

test('a named file that is missing is an error, not a reason to search on', () => {
  const readFile = readFrom({ '/srv/seaworthy.yml': 'x' })
  for (const input of [{ path: 'no.yml' }, { env: { CONFIG: 'no.yml' } }, { env: { SEAWORTHY_CONFIG: 'no.yml' } }]) {
    assert.throws(
      () => findConfigFile({ ...BASE, ...input, readFile }),
      (error) => error instanceof Failure && error.code === 'not-found' && error.message.includes('no.yml'),
    )
  }
})

test('a file that is there and cannot be read is an error', () => {
  const failing = (code: string) => () => {
    throw Object.assign(new Error(code), { code })
  }
  assert.throws(() => findConfigFile({ ...BASE, readFile: failing('EACCES') }), /seaworthy\.yml cannot be read: EACCES/)
  assert.throws(() => findConfigFile({ ...BASE, readFile: failing('EISDIR') }), /cannot be read: it is a folder/)
  assert.equal(findConfigFile({ ...BASE, readFile: failing('ENOTDIR') }), undefined)
})
