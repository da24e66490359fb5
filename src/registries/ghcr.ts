import type { RegistryMember } from './_registry.ts'

const ghcr: RegistryMember = {
  name: 'ghcr',
  summary: 'GitHub Container Registry.',
  hosts: ['ghcr.io'],
  sharesAnonymousToken: true,
  listsOldestFirst: true,
  hubLink: ({ repository }) => {
    const [owner, ...name] = repository.split('/')
    if (name.length === 0) return undefined
    return `https://github.com/users/${owner}/packages/container/package/${name.join('%2F')}`
  },
}

export default ghcr
