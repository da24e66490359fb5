import type { RegistryMember } from './_registry.ts'

const lscr: RegistryMember = {
  name: 'lscr',
  summary: 'LinuxServer.io, a front of the GitHub Container Registry.',
  hosts: ['lscr.io'],
  tokenHosts: ['ghcr.io'],
  sharesAnonymousToken: true,
  listsOldestFirst: true,
  hubLink: ({ repository }) => `https://fleet.linuxserver.io/image?name=${repository}`,
}

export default lscr
