import type { RegistryMember } from './_registry.ts'

const hub: RegistryMember = {
  name: 'hub',
  summary: 'Docker Hub.',
  hosts: ['docker.io'],
  apiHost: () => 'registry-1.docker.io',
  tokenHosts: ['auth.docker.io'],
  recentTags: ({ repository }) => {
    const [namespace, ...name] = repository.split('/')
    const path = `/v2/namespaces/${namespace}/repositories/${name.join('/')}/tags`
    return new URL(`${path}?page_size=100&ordering=last_updated`, 'https://hub.docker.com')
  },
  hubLink: ({ repository }) =>
    repository.startsWith('library/')
      ? `https://hub.docker.com/_/${repository.slice('library/'.length)}`
      : `https://hub.docker.com/r/${repository}`,
}

export default hub
