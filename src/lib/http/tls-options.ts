import tls from 'node:tls'
import type { HttpClientOptions } from './types.ts'

/**
 * What every TLS connection of a client has in common. Made on first use, as reading the system's authorities takes
 * tens of milliseconds. Node's own authorities, those of NODE_EXTRA_CA_CERTS, the system's and the client's are trusted.
 */
export function tlsOptions({ ca = [], cert, key, insecure = false }: HttpClientOptions): tls.ConnectionOptions {
  const pair = { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }
  if (insecure) return { secureContext: tls.createSecureContext(pair), rejectUnauthorized: false }
  const trusted = [...tls.getCACertificates('default'), ...systemAuthorities(), ...ca].map((pem) => pem.trim())
  return { secureContext: tls.createSecureContext({ ...pair, ca: [...new Set(trusted)] }), rejectUnauthorized: true }
}

// Bun and systems without a store of their own do with Node's.
function systemAuthorities(): string[] {
  try {
    return tls.getCACertificates('system')
  } catch {
    return []
  }
}
