import type { RegistryMember } from './_registry.ts'

const k8s: RegistryMember = {
  name: 'k8s',
  summary: 'The registry of the Kubernetes project.',
  hosts: ['registry.k8s.io', 'k8s.gcr.io'],
}

export default k8s
