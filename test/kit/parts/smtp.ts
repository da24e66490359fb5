import { readdirSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { makeCertificates } from './certificates.ts'
import { type Mail, parseMail } from './mail.ts'
import { freePort, output, start, temporaryFolder } from './program.ts'
import { until } from './until.ts'

const USER = 'Debian-exim'

/** A mail server (Exim) that keeps what it takes: nothing leaves the machine. */
export interface SmtpServer extends AsyncDisposable {
  readonly host: '127.0.0.1'
  /** Takes plain connections and offers STARTTLS. */
  readonly port: number
  /** Speaks TLS from the first byte. */
  readonly tlsPort: number
  /** The authority that signed its certificate, in PEM. */
  readonly ca: string
  readonly log: () => string
  /** Waits until it holds at least so many mails and returns them all, oldest first. */
  received(count: number): Promise<Mail[]>
}

export interface SmtpOptions {
  /** Where to listen; a free port unless told. */
  readonly port?: number
  /** Takes mail only from whoever logs in so (PLAIN or LOGIN, over TLS only). */
  readonly login?: { readonly user: string; readonly password: string }
  /** Takes mail only over TLS. */
  readonly onlyTls?: boolean
}

/** Starts Exim on two ports. It refuses `refused@…` for good (550) and `later@…` for now (451), and takes all others. */
export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpServer> {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.use(await temporaryFolder('smtp')).path
  const certificates = await makeCertificates(folder)
  const port = options.port ?? (await freePort())
  const tlsPort = await freePort()
  await giveToExim(folder, [certificates.serverKey, certificates.serverCert])
  const config = path.join(folder, 'exim.conf')
  const tls = [`tls_certificate = ${certificates.serverCert}`, `tls_privatekey = ${certificates.serverKey}`]
  await writeFile(config, configuration({ folder, port, tlsPort, tls, options }))

  const running = cleanup.use(
    await start(['exim4', '-C', config, '-bdf', '-oP', path.join(folder, 'exim.pid')], {
      what: 'exim',
      folder,
      ready: async () => (await greets(port)) && (await listens(tlsPort)),
    }),
  )
  const kept = cleanup.move()
  const inbox = path.join(folder, 'mail', 'new')
  const log = () =>
    `${running.log()}${readFileSync(path.join(folder, 'log', 'mainlog'), { encoding: 'utf8', flag: 'a+' })}`
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    ca: certificates.caPem,
    log,
    received: (count) =>
      until(() => readInbox(inbox, count), { what: `${count} mails; Exim's log:\n${log()}`, timeoutMs: 30_000 }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function giveToExim(folder: string, files: readonly string[]): Promise<void> {
  const [user, group] = await Promise.all([output('id', ['-u', USER]), output('id', ['-g', USER])])
  await chmod(folder, 0o711)
  for (const name of ['spool', 'log', 'mail']) {
    await mkdir(path.join(folder, name))
    await chown(path.join(folder, name), Number(user), Number(group))
  }
  for (const file of files) await chown(file, Number(user), Number(group))
}

interface Settings {
  readonly folder: string
  readonly port: number
  readonly tlsPort: number
  readonly tls: readonly string[]
  readonly options: SmtpOptions
}

function configuration({ folder, port, tlsPort, tls, options }: Settings): string {
  const { login, onlyTls } = options
  return `
primary_hostname = localhost
spool_directory = ${folder}/spool
log_file_path = ${folder}/log/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port} : ${tlsPort}
tls_on_connect_ports = ${tlsPort}
${tls.join('\n')}
tls_advertise_hosts = *
host_lookup =
rfc1413_query_timeout = 0s
deliver_drop_privilege = true
acl_smtp_rcpt = recipients
acl_smtp_data = accept

begin acl
recipients:
${onlyTls ? '  deny !encrypted = *\n       message = TLS is required here' : ''}
${login ? '  deny !authenticated = *\n       message = Log in first' : ''}
  deny local_parts = refused
       message = No such mailbox
  defer local_parts = later
       message = Try again later
  accept

begin routers
everyone:
  driver = accept
  transport = folder

begin transports
folder:
  driver = appendfile
  directory = ${folder}/mail
  maildir_format
  user = ${USER}
  batch_max = 100
  return_path_add
  envelope_to_add

begin retry
* * F,1h,1m

begin authenticators
${login ? authenticators(login) : ''}
`
}

function authenticators({ user, password }: { user: string; password: string }): string {
  // Between two \N Exim takes every character as it is.
  const check = (name: string, secret: string) =>
    `\${if and{{eq{${name}}{\\N${user}\\N}}{eq{${secret}}{\\N${password}\\N}}}}\n  server_advertise_condition = \${if def:tls_in_cipher}`
  return `
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${check('$auth2', '$auth3')}
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${check('$auth1', '$auth2')}
`
}

function readInbox(inbox: string, count: number): Mail[] | undefined {
  // Maildir names begin with the time of delivery.
  const names = readdirSync(inbox).sort()
  if (names.length < count) return undefined
  return names.map((name) => parseMail(readFileSync(path.join(inbox, name), 'latin1')))
}

function greets(port: number): Promise<boolean> {
  return connect(port, (socket, done) => socket.once('data', (data) => done(data.toString().startsWith('220'))))
}

function listens(port: number): Promise<boolean> {
  return connect(port, (_, done) => done(true))
}

function connect(port: number, use: (socket: net.Socket, done: (answer: boolean) => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('error', () => done(false))
    socket.once('connect', () => use(socket, done))
  })
}
