import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** The base32 alphabet of RFC 4648. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * An image manifest of version 2, schema 1 with the JSON web signature a registry asks for (RFC 7515; the signature is
 * laid inside the signed document, whose bytes `formatLength` and `formatTail` give back).
 * Returns the stored text and the payload, which is what its digest is taken of.
 */
export function signedSchema1(image: { name: string; tag: string; layer: string; config: Buffer }) {
  const config: { created: string; architecture: string; config: unknown } = JSON.parse(image.config.toString())
  const history = { id: 'a'.repeat(64), created: config.created, config: config.config, os: 'linux' }
  const payload = JSON.stringify(
    {
      schemaVersion: 1,
      name: image.name,
      tag: image.tag,
      architecture: config.architecture,
      fsLayers: [{ blobSum: image.layer }],
      history: [{ v1Compatibility: JSON.stringify(history) }],
    },
    null,
    3,
  )
  const tail = '\n}'
  const head = payload.slice(0, -tail.length)
  const format = { formatLength: head.length, formatTail: base64url(tail), time: '2026-01-01T00:00:00Z' }
  const signature = signatureOf(payload, base64url(JSON.stringify(format)))
  return { payload, text: `${head},\n   "signatures": [${JSON.stringify(signature)}]${tail}` }
}

function signatureOf(payload: string, protectedHeader: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signed = sign('sha256', Buffer.from(`${protectedHeader}.${base64url(payload)}`), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  })
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: fingerprint(publicKey) }
  return { header: { jwk, alg: 'ES256' }, signature: base64url(signed), protected: protectedHeader }
}

/** The name Docker gives a key: 240 bits of the hash of its public part, in base32 by groups of four. */
function fingerprint(key: KeyObject): string {
  const hash = createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 30)
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits.match(/.{5}/g)!.map((five) => BASE32[Number.parseInt(five, 2)]!)
  return letters.join('').match(/.{4}/g)!.join(':')
}

function base64url(bytes: Buffer | string): string {
  return Buffer.from(bytes).toString('base64url')
}
