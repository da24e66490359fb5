import type { RegistryMember } from './_registry.ts'

const mcr: RegistryMember = {
  name: 'mcr',
  summary: 'Microsoft Artifact Registry.',
  hosts: ['mcr.microsoft.com'],
  hubLink: ({ repository }) => `https://mcr.microsoft.com/en-us/artifact/mar/${repository}/about`,
}

export default mcr
