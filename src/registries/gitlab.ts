import type { RegistryMember } from './_registry.ts'

const gitlab: RegistryMember = {
  name: 'gitlab',
  summary: 'The registry of GitLab.com.',
  hosts: ['registry.gitlab.com'],
  tokenHosts: ['gitlab.com'],
  hubLink: ({ repository }) => `https://gitlab.com/${repository}/container_registry`,
}

export default gitlab
