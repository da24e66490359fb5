import type { RegistryMember } from './_registry.ts'

const oci: RegistryMember = {
  name: 'oci',
  summary: 'Any other registry that speaks the OCI distribution protocol.',
  hosts: [],
}

export default oci
