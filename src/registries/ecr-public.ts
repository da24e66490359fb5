import type { RegistryMember } from './_registry.ts'

const ecrPublic: RegistryMember = {
  name: 'ecr-public',
  summary: 'The public gallery of Amazon ECR.',
  hosts: ['public.ecr.aws'],
  hubLink: ({ repository }) => `https://gallery.ecr.aws/${repository}`,
}

export default ecrPublic
