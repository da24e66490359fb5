import type { RegistryMember } from './_registry.ts'

const githubPackages: RegistryMember = {
  name: 'github-packages',
  summary: 'GitHub Packages, the forerunner of the GitHub Container Registry.',
  hosts: ['docker.pkg.github.com'],
  hubLink: ({ repository }) => {
    const project = repository.split('/').slice(0, -1).join('/')
    return project === '' ? undefined : `https://github.com/${project}/packages`
  },
}

export default githubPackages
