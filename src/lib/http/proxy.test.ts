import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseProxy, proxyFromEnvironment, proxyHeaders } from './proxy.ts'

const ENV = { HTTP_PROXY: 'http://plain:3128', HTTPS_PROXY: 'http://secure:3128' }

for (const [url, env, expected] of [
  ['http://example.com', ENV, 'plain:3128'],
  ['https://example.com', ENV, 'secure:3128'],
  ['https://example.com', {}, undefined],
  ['https://example.com', { HTTPS_PROXY: '' }, undefined],
  ['https://example.com', { https_proxy: 'lower:1', HTTPS_PROXY: 'upper:2' }, 'lower:1'],
  ['https://example.com', { HTTP_PROXY: 'plain:1' }, undefined],
  ['https://example.com', { ALL_PROXY: 'http://all:1' }, 'all:1'],
  ['http://example.com', { HTTP_PROXY: 'cgi:1', REQUEST_METHOD: 'GET' }, undefined],
  ['http://example.com', { http_proxy: 'own:1', REQUEST_METHOD: 'GET' }, 'own:1'],
  ['https://example.com', { HTTPS_PROXY: 'socks5://x:1' }, undefined],
  ['https://localhost:5000', ENV, undefined],
  ['https://127.0.0.53', ENV, undefined],
  ['https://[::1]:5000', ENV, undefined],
] as const) {
  test(`${url} with ${JSON.stringify(env)} goes through ${expected ?? 'no proxy'}`, () => {
    assert.equal(proxyFromEnvironment(env)(new URL(url))?.host, expected)
  })
}

for (const [rule, url, isDirect] of [
  ['*', 'https://example.com', true],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://a.b.example.com', true],
  ['example.com', 'https://notexample.com', false],
  ['.example.com', 'https://a.example.com', true],
  ['.example.com', 'https://example.com', false],
  ['*.example.com', 'https://a.example.com', true],
  ['EXAMPLE.com', 'https://example.COM', true],
  ['example.com:443', 'https://example.com', true],
  ['example.com:443', 'https://example.com:5000', false],
  ['example.com:80', 'http://example.com', true],
  ['a.test, b.test  c.test', 'https://c.test', true],
  ['10.0.0.0/8', 'https://10.20.30.40:5000', true],
  ['10.0.0.0/8', 'https://11.0.0.1', false],
  ['10.0.0.0/8', 'https://10.example.com', false],
  ['192.168.1.7', 'https://192.168.1.7', true],
  ['192.168.1.7', 'https://192.168.1.70', false],
  ['fd00::/8', 'https://[fd12::1]', true],
  ['2001:db8::1', 'https://[2001:db8::1]:5000', true],
  ['[2001:db8::1]:5000', 'https://[2001:db8::1]:5000', true],
  ['10.0.0.0/99', 'https://10.0.0.1', false],
] as const) {
  test(`NO_PROXY=${rule} ${isDirect ? 'covers' : 'does not cover'} ${url}`, () => {
    const choose = proxyFromEnvironment({ ...ENV, NO_PROXY: rule })
    assert.equal(choose(new URL(url)) === undefined, isDirect)
  })
}

test('user and password of a proxy are decoded', () => {
  const proxy = parseProxy('http://an%40n:p%3Aw@proxy:1')
  assert.deepEqual(proxyHeaders(proxy!), { 'proxy-authorization': `Basic ${btoa('an@n:p:w')}` })
})

test('a password of a proxy that holds a bare percent sign is taken as it is', () => {
  const proxy = parseProxy('http://ann:100%@proxy:1')
  assert.deepEqual(proxyHeaders(proxy!), { 'proxy-authorization': `Basic ${btoa('ann:100%')}` })
})
