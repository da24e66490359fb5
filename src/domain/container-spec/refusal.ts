import { Failure, type FailureCode } from '../failure.ts'
import { asObject, asText } from './json.ts'
import type { InspectedContainer } from './types.ts'

interface Refusal {
  readonly holds: (container: InspectedContainer) => boolean
  readonly code: FailureCode
  readonly message: string
  readonly remedy: string
}

/** Containers that somebody else would put back at once, or that are there for one run only. */
const UNTOUCHABLE: readonly Refusal[] = [
  {
    holds: hasLabel('com.docker.swarm.service.id'),
    code: 'unsupported',
    message: 'it is a task of a Swarm service, and the swarm would put another in its place.',
    remedy: 'Update the Swarm service instead: docker service update --image IMAGE SERVICE.',
  },
  {
    holds: (container) => labelOf(container, 'com.docker.compose.oneoff').toLowerCase() === 'true',
    code: 'unsupported',
    message: 'it was made for one run (docker compose run).',
    remedy: 'Run it again when it is done: it then takes the new image.',
  },
  {
    holds: hasLabel('io.kubernetes.pod.uid'),
    code: 'unsupported',
    message: 'it belongs to a Kubernetes pod, and the kubelet would put another in its place.',
    remedy: 'Change the image in the Kubernetes workload instead.',
  },
  {
    holds: (container) => container.IsInfra === true,
    code: 'unsupported',
    message: 'it holds a pod together and has nothing to update.',
    remedy: 'Update the containers of the pod instead.',
  },
]

const NOT_NOW: readonly Refusal[] = [
  {
    holds: ({ HostConfig }) => HostConfig.AutoRemove === true,
    code: 'unsupported',
    message: 'it is deleted as soon as it stops (--rm), so it could not be put back.',
    remedy: 'Make it again without --rm, or stop it and run it again with the new image.',
  },
  {
    holds: ({ State }) => State.Restarting === true || State.Status === 'restarting',
    code: 'conflict',
    message: 'it is restarting again and again, so nobody could tell afterwards what the new image changed.',
    remedy: 'See docker logs for the reason; stop it if it shall be updated as it is.',
  },
  {
    holds: ({ State }) => State.Status === 'removing',
    code: 'conflict',
    message: 'it is being removed.',
    remedy: 'Wait until it is gone.',
  },
  {
    holds: ({ State }) => State.Dead === true || State.Status === 'dead',
    code: 'conflict',
    message: 'the engine could not remove it completely (its state is dead).',
    remedy: 'Remove it with docker rm --force and make it again.',
  },
]

/** Why this container cannot be replaced, with what to do instead; undefined when it can. */
export function refusalOf(container: InspectedContainer): Failure | undefined {
  const refusal = [...UNTOUCHABLE, ...NOT_NOW].find(({ holds }) => holds(container))
  if (refusal === undefined) return undefined
  const where = `container "${container.Name.replace(/^\//, '')}"`
  return new Failure(refusal.code, refusal.message, { where, remedy: refusal.remedy })
}

/** Whether it is not for us to replace at all, be it the one to update or one that depends on it. */
export function isUntouchable(container: InspectedContainer): boolean {
  return UNTOUCHABLE.some(({ holds }) => holds(container))
}

function hasLabel(name: string): (container: InspectedContainer) => boolean {
  return (container) => labelOf(container, name) !== ''
}

function labelOf({ Config }: InspectedContainer, name: string): string {
  return asText(asObject(Config.Labels)[name])
}
