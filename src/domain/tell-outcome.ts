import { parseImageReference } from './image-reference.ts'
import type { Entry } from './message.ts'
import type { Update } from './update.ts'

/** How an update ended, in words for people; undefined while it goes on, and where there is nothing to tell. */
export function outcomeText({
  plan,
  phase,
  error,
  commands,
  cause,
}: Update): { title: string; body: string } | undefined {
  const { name, host, from, to } = plan
  const step =
    from.reference === to.reference ? `a new build of ${to.reference}` : `${from.reference} → ${to.reference}`
  const where = `${name} on ${host}`
  if (phase === 'committed') {
    const verb = cause === 'rollback' ? 'has been taken back to an earlier version' : 'has been updated'
    return { title: `${name} ${verb}`, body: `${where} ${verb}: ${step}. It is well.` }
  }
  const reason = `\n\n${error ?? 'The reason is not known.'}`
  if (phase === 'rolled-back')
    return {
      title: `The update of ${name} was taken back`,
      body: `${where} runs as it did before; this could not be put in: ${step}.${reason}`,
    }
  if (phase !== 'needs-operator') return undefined
  const list = commands.map((command) => `    ${command}`).join('\n')
  return {
    title: `${name} needs a person`,
    body: `The update of ${where} can be taken neither forward nor back: ${step}.${reason}\n\nWhat can be run there:\n\n${list}`,
  }
}

/** Same outcome, same key: a failure that repeats itself is told once. */
export function outcomeKey({ id, plan, phase, error }: Update): string {
  const what = phase === 'committed' ? id : `${plan.workload} ${plan.to.digest ?? plan.to.imageId ?? ''} ${error ?? ''}`
  return `outcome ${phase} ${what}`
}

/** The image that an outcome is about, for channels that show one. */
export function outcomeEntry({ plan, error }: Update): Entry {
  const { workload, host, name, from, to } = plan
  const [provider = ''] = workload.split('/')
  return {
    status: 'update',
    provider,
    image: parseImageReference(to.reference),
    hubLink: '',
    mimeType: '',
    digest: to.digest ?? '',
    created: null,
    platform: plan.platform,
    labels: {},
    layers: [],
    dockerVersion: '',
    metadata: null,
    workloads: [{ id: workload, provider, host, name }],
    from: from.digest === undefined ? {} : { digest: from.digest },
    reason: error ?? '',
  }
}
