import type { RegistryMember } from './_registry.ts'

const quay: RegistryMember = {
  name: 'quay',
  summary: 'Quay.io.',
  hosts: ['quay.io'],
  listsOldestFirst: true,
  hubLink: ({ repository }) => `https://quay.io/repository/${repository}`,
}

export default quay
