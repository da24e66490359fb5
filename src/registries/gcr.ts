import type { RegistryMember } from './_registry.ts'

const gcr: RegistryMember = {
  name: 'gcr',
  summary: 'Google Container Registry and Artifact Registry.',
  hosts: ['gcr.io', '*.gcr.io', '*.pkg.dev'],
  hubLink: ({ registry, repository }) => `https://${registry}/${repository}`,
}

export default gcr
