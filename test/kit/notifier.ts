import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { z } from '@hono/zod-openapi'
import { createHttpClient } from '../../src/lib/http/client.ts'
import { SILENT } from '../../src/lib/log.ts'
import {
  DeliveryError,
  type Notifier,
  type NotifierMember,
  type NotifierParts,
  type RenderedMessage,
} from '../../src/notifiers/_notifier.ts'
import { compileParts, renderParts } from '../../src/notifiers/_render.ts'
import { messageOf, NEW, RUNNING, TELLER, UPDATE } from './message.ts'
import { type RecordedRequest, startRecorder } from './recorder.ts'

export const AT = new Date('2026-05-25T06:00:05.000Z')
export const DELIVERY = 'm1-channel'

// biome-ignore lint/suspicious/noExplicitAny: a member of any schema
type AnyMember = NotifierMember<any>

export interface NotifierContract {
  /** The channel's options as a config gives them; `url` is where the receiver listens. */
  readonly options: (url: string) => Record<string, unknown>
  /** What must arrive when the update of the kit is told; a body that is no text is compared as JSON. */
  readonly sends: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body: unknown
  }
  /** Texts among the options that no error may show. */
  readonly secrets?: readonly string[]
  /** Statuses that mean "taken". */
  readonly accepts?: readonly number[]
  /** Statuses besides the usual ones that mean "refused". */
  readonly refuses?: readonly number[]
}

/** Asks of a notifier that speaks HTTP everything that all of them have to keep. */
export function testNotifier(member: AnyMember, contract: NotifierContract): void {
  const { options, sends, secrets = [], accepts = [200] } = contract
  testMember(member, options('http://127.0.0.1:1'))
  const sendTo = (url: string, signal?: AbortSignal) => send(member, options(url), { signal })

  test(`${member.name} sends what its receiver expects`, async () => {
    await using receiver = await startRecorder(() => ({ status: accepts[0]!, body: '{}' }))
    await sendTo(receiver.url)
    const [request] = await receiver.requests(1)
    assert.equal(receiver.seen.length, 1)
    assertRequest(request!, sends)
  })

  for (const status of accepts) {
    test(`${member.name} takes ${status} for delivered`, async () => {
      await using receiver = await startRecorder(() => ({ status }))
      await sendTo(receiver.url)
    })
  }

  const refused = [400, 401, 403, 404, 301, ...(contract.refuses ?? [])].map((status) => [status, false] as const)
  const busy = [408, 425, 429, 500, 502, 503].map((status) => [status, true] as const)
  for (const [status, transient] of [...refused, ...busy]) {
    test(`${member.name} ${transient ? 'is worth another try' : 'gives up'} after ${status}`, async () => {
      await using receiver = await startRecorder(() => ({ status, body: 'no' }))
      const error = await failureOf(sendTo(receiver.url))
      assert.equal(error.transient, transient)
      assert.match(error.message, new RegExp(String(status)))
    })
  }

  test(`${member.name} passes on how long it shall wait`, async () => {
    await using receiver = await startRecorder(() => ({ status: 429, headers: { 'retry-after': '2' } }))
    assert.equal((await failureOf(sendTo(receiver.url))).retryAfterMs, 2000)
  })

  test(`${member.name} is worth another try when nobody listens`, async () => {
    const error = await failureOf(sendTo(await closedAddress()))
    assert.equal(error.transient, true)
    assertHides(error, secrets)
  })

  test(`${member.name} shows no secret when the receiver repeats the request in its error`, async () => {
    await using receiver = await startRecorder((request) => ({ status: 400, body: JSON.stringify(request) }))
    const error = await failureOf(sendTo(receiver.url))
    const request = JSON.stringify(receiver.seen)
    for (const secret of secrets) assert.ok(request.includes(secret), `${secret} is part of the request`)
    assertHides(error, secrets)
  })

  test(`${member.name} stops when it is asked to`, async () => {
    const stop = new AbortController()
    await using receiver = await startRecorder(() => 'hang')
    const sending = sendTo(receiver.url, stop.signal)
    await receiver.requests(1)
    stop.abort()
    await assert.rejects(sending, { name: 'AbortError' })
  })
}

/** Asks of any notifier what does not depend on how it sends. */
export function testMember(member: AnyMember, options: Record<string, unknown>): void {
  test(`${member.name} describes itself and every option in a sentence`, () => {
    assert.match(member.summary, /^\S.*\.$/)
    const schema = z.toJSONSchema(member.options, { io: 'input', unrepresentable: 'any' })
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      assert.match((property as { description?: string }).description ?? '', /^[A-Z`].*\.$/, name)
    }
  })

  test(`${member.name} keeps its templates in options that it has`, () => {
    const schema = z.toJSONSchema(member.options, { io: 'input', unrepresentable: 'any' })
    for (const option of Object.values(member.templates)) assert.ok(Object.hasOwn(schema.properties ?? {}, option))
  })

  test(`${member.name} has default texts for every kind of entry`, () => {
    const own = Object.values(member.templates)
    const bare = Object.fromEntries(Object.entries(options).filter(([name]) => !own.includes(name)))
    const compiled = compileParts(member, member.options.parse(bare), 'notif')
    for (const message of [messageOf(UPDATE), messageOf(RUNNING), messageOf(NEW), messageOf(UPDATE, RUNNING, NEW)]) {
      for (const text of Object.values(renderParts(compiled, message, TELLER))) {
        assert.notEqual(text.trim(), '')
        assert.doesNotMatch(text, /<no value>|<nil>|undefined/)
      }
    }
  })
}

export interface SendOptions {
  readonly message?: RenderedMessage['message']
  readonly signal?: AbortSignal | undefined
  readonly parts?: Partial<NotifierParts>
}

/** Opens a channel with these options, sends one message through it and closes it again. */
export async function send(member: AnyMember, options: object, sending: SendOptions = {}): Promise<void> {
  const { message = messageOf(UPDATE), signal = new AbortController().signal, parts } = sending
  await using channel = open(member, options, parts)
  await channel.send(rendered(member, options, message), signal)
}

/** A channel with these options, with the real HTTP client. */
export function open(
  member: AnyMember,
  options: object,
  parts: Partial<NotifierParts> = {},
): Notifier & AsyncDisposable {
  const notifier: Notifier = member.create(member.options.parse(options), {
    http: ({ proxy: _, ...rest }: { proxy?: string | undefined }) =>
      createHttpClient({ ...rest, userAgent: 'Seaworthy/4.0.0' }),
    log: SILENT,
    userAgent: 'Seaworthy/4.0.0',
    environment: {},
    ...parts,
  })
  return {
    send: (message, signal) => notifier.send(message, signal),
    [Symbol.asyncDispose]: async () => notifier[Symbol.asyncDispose]?.(),
  }
}

/** The message as the outbox hands it to a channel with these options. */
export function rendered(member: AnyMember, options: object, message = messageOf(UPDATE)): RenderedMessage {
  const compiled = compileParts(member, member.options.parse(options), 'notif')
  return {
    message,
    entry: message.entries[0],
    teller: TELLER,
    parts: renderParts(compiled, message, TELLER),
    deliveryId: DELIVERY,
    at: AT,
  }
}

/** The delivery error that a send ends with. */
export async function failureOf(sending: Promise<void>): Promise<DeliveryError> {
  const error = await sending.then(
    () => assert.fail('it was delivered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof DeliveryError, inspect(error))
  return error
}

/** Nothing of the error, its cause or how it prints shows one of the texts. */
export function assertHides(error: Error, secrets: readonly string[]): void {
  const shown = inspect(error, { depth: 20, showHidden: true }) + error.message + String(error.stack)
  for (const secret of secrets) assert.ok(!shown.includes(secret), `the error shows ${secret}: ${shown}`)
}

function assertRequest(
  request: RecordedRequest,
  { method, path, headers = {}, body }: NotifierContract['sends'],
): void {
  assert.equal(request.method, method)
  assert.equal(request.path, path)
  for (const [name, value] of Object.entries(headers)) assert.equal(request.headers[name], value, name)
  if (typeof body === 'string') assert.equal(request.body, body)
  // Text against text: the order of the keys is part of the format.
  else assert.equal(JSON.stringify(JSON.parse(request.body), null, 1), JSON.stringify(body, null, 1))
}

async function closedAddress(): Promise<string> {
  const receiver = await startRecorder()
  await receiver[Symbol.asyncDispose]()
  return receiver.url
}
