import { Failure } from './failure.ts'
import type { Probe } from './update-settings.ts'

const REMEDY = 'Write it as http://:8080/healthz, tcp://:5432 or "exec: pg_isready".'
const HIGHEST_PORT = 65_535
const SHELL = ['/bin/sh', '-c'] as const

/**
 * Reads a probe: `http://:8080/healthz`, `tcp://:5432`, `exec: COMMAND` for the container's shell, or `exec: ["/app", "check"]`
 * for a program without one. There is no host in it: it is the container that is asked.
 * @throws Failure `invalid` that names the text, with examples.
 */
export function parseProbe(text: string): Probe {
  const trimmed = text.trim()
  const http = /^http:\/\/:(\d+)(\/[^\s#]*)?$/i.exec(trimmed)
  if (http !== null) return { kind: 'http', port: readPort(http[1]!, text), path: http[2] ?? '/' }
  const tcp = /^tcp:\/\/:(\d+)$/i.exec(trimmed)
  if (tcp !== null) return { kind: 'tcp', port: readPort(tcp[1]!, text) }
  const exec = /^exec:\s*(\S.*)$/is.exec(trimmed)
  if (exec !== null) return { kind: 'exec', command: readCommand(exec[1]!, text) }
  if (/^(?:https?|tcp):\/\/[^:]/i.test(trimmed))
    throw refusal(text, 'it has no host, because the container itself is asked')
  if (/^https:/i.test(trimmed)) throw refusal(text, 'the container is asked over http')
  throw refusal(text, 'it begins with http://:PORT, tcp://:PORT or exec:')
}

/** As `parseProbe` reads it. */
export function formatProbe(probe: Probe): string {
  if (probe.kind === 'http') return `http://:${probe.port}${probe.path}`
  if (probe.kind === 'tcp') return `tcp://:${probe.port}`
  const [shell, flag, line, ...rest] = probe.command
  const isLine = shell === SHELL[0] && flag === SHELL[1] && line !== undefined && rest.length === 0
  return `exec: ${isLine ? line : JSON.stringify(probe.command)}`
}

function readPort(digits: string, text: string): number {
  const port = Number(digits)
  if (port >= 1 && port <= HIGHEST_PORT) return port
  throw refusal(text, `${digits} is no port`)
}

function readCommand(command: string, text: string): readonly string[] {
  if (!command.startsWith('[')) return [...SHELL, command]
  const list = parseJson(command)
  if (Array.isArray(list) && list.length > 0 && list.every((item) => typeof item === 'string')) return list
  // `[ -f /ready ]` is a command of the shell.
  if (/^\[\s/.test(command)) return [...SHELL, command]
  throw refusal(text, 'its list of words cannot be read')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(text: string, why: string): Failure {
  return new Failure('invalid', `"${text}" is not a probe: ${why}.`, { remedy: REMEDY })
}
