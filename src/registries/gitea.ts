import type { RegistryMember } from './_registry.ts'

const gitea: RegistryMember = {
  name: 'gitea',
  summary: 'Codeberg and other public Forgejo and Gitea instances.',
  hosts: ['codeberg.org', 'code.forgejo.org', 'data.forgejo.org', 'gitea.com'],
  hubLink: ({ registry, repository }) => {
    const [owner, ...name] = repository.split('/')
    return name.length === 0 ? undefined : `https://${registry}/${owner}/-/packages/container/${name.join('%2F')}`
  },
}

export default gitea
