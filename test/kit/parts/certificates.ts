import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { output } from './program.ts'

/** Where the files of a small certificate authority lie, each in PEM. */
export interface Certificates {
  readonly ca: string
  readonly caPem: string
  readonly serverCert: string
  readonly serverKey: string
  readonly clientCert: string
  readonly clientKey: string
}

/** Makes an authority, a server certificate for localhost and 127.0.0.1, and a client certificate, good for a day. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => path.join(folder, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const authority = ['-keyout', at('ca-key.pem'), '-out', at('ca.pem'), '-days', '1', '-subj', '/CN=Test authority']
  await output('openssl', ['req', '-x509', ...key, ...authority])
  await sign('server', '/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n')
  await sign('client', '/CN=Test client', 'extendedKeyUsage=clientAuth\n')
  return {
    ca: at('ca.pem'),
    caPem: await readFile(at('ca.pem'), 'utf8'),
    serverCert: at('server.pem'),
    serverKey: at('server-key.pem'),
    clientCert: at('client.pem'),
    clientKey: at('client-key.pem'),
  }

  async function sign(name: string, subject: string, extensions: string): Promise<void> {
    const request = at(`${name}.csr`)
    await writeFile(at(`${name}.ext`), extensions)
    await output('openssl', ['req', ...key, '-keyout', at(`${name}-key.pem`), '-out', request, '-subj', subject])
    const issuer = ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAcreateserial', '-days', '1']
    await output('openssl', [
      'x509',
      '-req',
      '-in',
      request,
      ...issuer,
      '-extfile',
      at(`${name}.ext`),
      '-out',
      at(`${name}.pem`),
    ])
  }
}
