import { z } from '@hono/zod-openapi'
import { connectOnDemand } from '../docker/connect.ts'
import { parseEndpoint } from '../docker/endpoint.ts'
import { dockerFailure } from '../docker/failure.ts'
import { checkVersion } from '../docker/version.ts'
import { describeError } from '../domain/failure.ts'
import { systemClock } from '../lib/clock.ts'
import { duration, flag, text } from '../lib/options.ts'
import { poll, watchEvents } from './_docker-watch.ts'
import { listWorkloads } from './_docker-workloads.ts'
import { createGoTime } from './_go-time.ts'
import { defineProvider, type Provider, type ProviderParts } from './_provider.ts'
import { sayOnce } from './_watch-labels.ts'

const options = z.object({
  name: text().default('local').describe('Name of this host, as it is shown'),
  endpoint: text()
    .superRefine(readable((value) => parseEndpoint(value, { hasTls: false, home: '/' })))
    .default('unix:///var/run/docker.sock')
    .describe('Where the engine listens: unix:///…, tcp://host:2376, https://… or ssh://user@host'),
  apiVersion: text()
    .superRefine(readable((value) => value === '' || checkVersion(value)))
    .optional()
    .describe('Version of the Docker API; agreed with the engine when left out'),
  tlsCertsPath: text().optional().describe('Folder with ca.pem, cert.pem and key.pem'),
  tlsVerify: flag().default(true).describe("Whether the engine's certificate is checked"),
  watchByDefault: flag().default(false).describe('Watch containers that have no enable label'),
  watchStopped: flag().default(false).describe('Watch created and exited containers too'),
  events: flag().default(true).describe("Follow the engine's events; otherwise list at every pollInterval"),
  pollInterval: duration()
    .default(300_000)
    .describe('How often containers are listed where events cannot be followed; 0 is never'),
})

type DockerOptions = z.output<typeof options>

export default defineProvider({
  name: 'docker',
  summary: 'Containers of a Docker or Podman engine.',
  options,
  create: createDockerProvider,
})

function createDockerProvider(given: DockerOptions, parts: ProviderParts): Provider {
  const log = parts.log.child({ provider: 'docker', host: given.name })
  const connection = connectOnDemand(given, parts.home)
  const listing = { options: given, parts, warnOnce: sayOnce(log), formatTime: createGoTime() }
  const pollIntervalMs = given.pollInterval
  const watching = { open: connection.open, log, clock: systemClock, random: Math.random, pollIntervalMs }
  return {
    name: 'docker',
    host: given.name,
    async list(signal) {
      try {
        const client = await connection.open()
        return await listWorkloads(client, { ...listing, signal })
      } catch (error) {
        throw signal.aborted ? signal.reason : dockerFailure(error, `docker host "${given.name}"`)
      }
    },
    watch: (changed, signal) =>
      given.events ? watchEvents(changed, signal, watching) : poll(changed, signal, watching),
    [Symbol.asyncDispose]: connection.close,
  }
}

/** Lets the config check say what only the first connection would. */
function readable(read: (value: string) => unknown) {
  return (value: string, context: z.RefinementCtx<string>): void => {
    try {
      read(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: describeError(error) })
    }
  }
}
