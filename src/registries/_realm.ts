import { isIP } from 'node:net'
import { isSharedDomain } from './_shared-domains.ts'

export interface RealmQuestion {
  readonly realm: URL
  /** Where the registry's API answers, with the scheme in use. */
  readonly registry: URL
  /** As people write it: `docker.io`. */
  readonly name: string
  readonly trusted: readonly string[]
}

/**
 * Whether credentials may be sent to the realm that a registry named, so that a forged challenge does not carry them off:
 * https (plain http only where the registry itself is), and the registry's own host, one above, below or beside it in the
 * same domain (`registry.example.com` and `auth.example.com`), or one that is named as trusted.
 */
export function isTrustedRealm({ realm, registry, name, trusted }: RealmQuestion): boolean {
  if (realm.protocol !== 'https:' && registry.protocol !== 'http:') return false
  if (!/^https?:$/.test(realm.protocol)) return false
  const own = [registry.hostname, name.replace(/:\d+$/, '')]
  if (own.includes(realm.hostname) || trusted.includes(realm.hostname) || trusted.includes(realm.host)) return true
  return own.some((host) => isSameFamily(host, realm.hostname))
}

function isSameFamily(host: string, other: string): boolean {
  if (isAddress(host) || isAddress(other)) return false
  const [parent, otherParent] = [parentOf(host), parentOf(other)]
  if (otherParent === host) return true
  return (otherParent === parent || other === parent) && isOwnDomain(parent)
}

function parentOf(host: string): string {
  return host.slice(host.indexOf('.') + 1)
}

// Two labels at least: nobody owns `com`, and `co.uk` or `github.io` belong to many.
function isOwnDomain(domain: string): boolean {
  return domain.includes('.') && !isSharedDomain(domain)
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || isIP(host) !== 0 || !host.includes('.')
}
