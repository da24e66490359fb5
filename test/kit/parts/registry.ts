import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import path from 'node:path'
import { makeCertificates } from './certificates.ts'
import { freePort, output, type Running, start, temporaryFolder } from './program.ts'

/** Debian's registry (distribution 2.8) on a port of 127.0.0.1 with a storage folder of its own. */
export interface Registry extends AsyncDisposable {
  /** Host and port, as an image reference begins. */
  readonly address: string
  readonly url: string
  /** With `tls`: the authority that signed its certificate, in PEM. */
  readonly ca?: string
  readonly login?: Login
  readonly log: () => string
  /** Sends one request with the registry's own login; `path` begins with /v2/ or is an address it answered. */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
}

export interface Login {
  readonly user: string
  readonly password: string
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
}

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface RegistryOptions {
  readonly tls?: boolean
  /** Asks everyone for this login (Basic). */
  readonly login?: Login
  /** Where it posts its push events. */
  readonly notify?: string
  /** The registry it mirrors, as an address. */
  readonly mirrorOf?: string
  /** More of its configuration file. */
  readonly config?: Readonly<Record<string, unknown>>
}

/** Starts a registry that keeps manifests of every kind, allows deletion and forgets everything at its end. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await temporaryFolder('registry')).path
  const address = `127.0.0.1:${await freePort()}`
  const certificates = options.tls ? await makeCertificates(folder) : undefined
  const url = `${certificates === undefined ? 'http' : 'https'}://${address}`
  const request = requestTo(url, certificates?.caPem, options.login)

  const file = path.join(folder, 'config.yml')
  const tls = certificates && { tls: { certificate: certificates.serverCert, key: certificates.serverKey } }
  const settings = { ...configuration(options, folder), http: { addr: address, ...tls }, ...options.config }
  await writeFile(file, JSON.stringify(settings))
  if (options.login) await writeFile(path.join(folder, 'htpasswd'), await passwordLine(options.login))
  const running: Running = cleanup.use(
    await start(['docker-registry', 'serve', file], {
      what: 'docker-registry',
      folder,
      ready: async () => (await request('GET', '/v2/')).status === 200,
    }),
  )
  const kept = cleanup.move()
  return {
    address,
    url,
    ...(certificates === undefined ? {} : { ca: certificates.caPem }),
    ...(options.login === undefined ? {} : { login: options.login }),
    log: running.log,
    request,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function configuration(options: RegistryOptions, folder: string) {
  const endpoint = { name: 'test', url: options.notify, timeout: '1s', threshold: 3, backoff: '1s' }
  return {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: path.join(folder, 'storage') }, delete: { enabled: true } },
    compatibility: { schema1: { enabled: true } },
    ...(options.login && { auth: { htpasswd: { realm: 'test', path: path.join(folder, 'htpasswd') } } }),
    ...(options.notify === undefined ? {} : { notifications: { endpoints: [endpoint] } }),
    ...(options.mirrorOf === undefined ? {} : { proxy: { remoteurl: options.mirrorOf } }),
  }
}

/** The registry takes bcrypt only, which Perl's crypt() has from the C library. */
async function passwordLine({ user, password }: Login): Promise<string> {
  const salt = '$2b$05$testtesttesttesttestte'
  const hash = await output('perl', ['-e', 'print crypt($ARGV[0], $ARGV[1])', password, salt])
  return `${user}:${hash}\n`
}

function requestTo(url: string, ca: string | undefined, login: Login | undefined): Registry['request'] {
  const auth = login && { authorization: `Basic ${btoa(`${login.user}:${login.password}`)}` }
  return (method, target, { headers, body } = {}) =>
    new Promise((resolve, reject) => {
      const options = { method, headers: { ...auth, ...headers }, agent: false as const, ...(ca && { ca }) }
      const send = url.startsWith('https:') ? https.request : http.request
      const request = send(new URL(target, url), options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
      request.on('error', reject)
      request.end(body)
    })
}
