import type { Entry, Message, Teller } from '../../src/domain/message.ts'

/** Who tells, in every test of a notifier. */
export const TELLER: Teller = { version: '4.0.0', hostname: 'node-1' }

/** An update of one image from a watch list, with everything set that an entry may have from there. */
export const UPDATE: Entry = {
  status: 'update',
  provider: 'file',
  image: { registry: 'docker.io', repository: 'crazymax/diun', tag: '1.2.3' },
  hubLink: 'https://hub.docker.com/r/crazymax/diun',
  mimeType: 'application/vnd.docker.distribution.manifest.list.v2+json',
  digest: 'sha256:216e3ae7de4ca8b553eb11ef7abda00651e79e537e85c46108284e5e91673e01',
  created: '2026-05-24T12:34:56Z',
  platform: 'linux/amd64',
  labels: { 'org.opencontainers.image.version': '1.2.3' },
  layers: ['sha256:0a1b', 'sha256:2c3d'],
  dockerVersion: '27.0.1',
  metadata: { owner: 'ops', ticket: 'DIUN-123' },
  workloads: [],
  from: {},
  reason: '',
}

/** The same image as containers on two hosts run it, with a newer tag besides. */
export const RUNNING: Entry = {
  ...UPDATE,
  provider: 'docker',
  metadata: { ctn_names: 'web' },
  workloads: [
    { id: 'docker/nas/web', provider: 'docker', host: 'nas', name: 'web' },
    { id: 'docker/nas/db', provider: 'docker', host: 'nas', name: 'db' },
    { id: 'docker/node-1/api', provider: 'docker', host: 'node-1', name: 'api' },
  ],
  from: { tag: '1.2.3', digest: 'sha256:0000' },
  newerTag: '1.3.0',
  level: 'minor',
  reason: 'The tag points to another digest.',
}

/** A newly seen image without a link, a time or metadata. */
export const NEW: Entry = {
  ...UPDATE,
  status: 'new',
  image: { registry: 'ghcr.io', repository: 'some_one/my_app', tag: 'latest' },
  hubLink: '',
  created: null,
  metadata: null,
}

export function messageOf(...entries: [Entry, ...Entry[]]): Message {
  return {
    id: 'm1',
    kind: entries.length > 1 ? 'summary' : 'image',
    createdAt: '2026-05-25T06:00:00.000Z',
    entries,
  }
}
