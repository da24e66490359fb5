import type { RegistryMember } from './_registry.ts'

const redhat: RegistryMember = {
  name: 'redhat',
  summary: 'The registries of Red Hat.',
  hosts: ['registry.access.redhat.com', 'registry.redhat.io'],
  hubLink: ({ registry, repository }) => `https://access.redhat.com/containers/#/${registry}/${repository}`,
}

export default redhat
