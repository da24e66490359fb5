import type { RegistryMember } from './_registry.ts'

const bintray: RegistryMember = {
  name: 'bintray',
  summary: 'Bintray, which is gone; its links are kept for lists that still name it.',
  hosts: ['docker.bintray.io', 'jfrog-docker-reg2.bintray.io'],
  hubLink: ({ repository }) => `https://bintray.com/jfrog/reg2/${repository.replaceAll('/', '%3A')}`,
}

export default bintray
