import { describeError, Failure } from '../domain/failure.ts'
import { parseImageReference } from '../domain/image-reference.ts'
import type { Entry, Message } from '../domain/message.ts'
import type { EngineParts } from './engine.ts'

/** Sends a test message at once. Returns the names told. @throws Failure that names the channel which did not take it. */
export async function testChannels(
  { channels, clock, hostname }: Pick<EngineParts, 'channels' | 'clock' | 'hostname'>,
  channel: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const chosen =
    channel === undefined ? channels : channels.filter(({ name, notifier }) => name === channel || notifier === channel)
  if (chosen.length === 0) {
    throw new Failure(
      'not-found',
      channel === undefined ? 'No channel is configured.' : `There is no channel "${channel}".`,
      {
        remedy:
          channels.length === 0
            ? 'Add one below "notif" in the configuration.'
            : `Known channels: ${channels.map(({ name }) => name).join(', ')}.`,
      },
    )
  }
  const now = clock.now()
  for (const each of chosen) {
    const message: Message = {
      id: `test-${now.getTime()}`,
      kind: 'test',
      createdAt: now.toISOString(),
      entries: [testEntry(hostname)],
    }
    try {
      await each.send(message, { id: `${message.id}-${each.name}`, signal })
    } catch (cause) {
      throw new Failure('unavailable', `The test message did not arrive: ${describeError(cause)}`, {
        where: `channel "${each.name}"`,
        cause,
      })
    }
  }
  return chosen.map(({ name }) => name)
}

function testEntry(hostname: string): Entry {
  return {
    status: 'new',
    provider: 'file',
    image: parseImageReference('docker.io/diun/testnotif:latest'),
    hubLink: '',
    mimeType: 'application/vnd.docker.distribution.manifest.list.v2+json',
    digest: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
    created: '2020-03-26T12:23:56.000Z',
    platform: 'linux/amd64',
    labels: {},
    layers: [],
    dockerVersion: '',
    metadata: null,
    workloads: [{ id: 'test', provider: 'file', host: hostname, name: 'test' }],
    from: {},
    reason: 'This is a test message.',
  }
}
