import pino from 'pino'
import { printable } from './printable.ts'

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/** What every part may say. Fields come first as in pino; an `error` field is turned into its text. */
export interface Log {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
  /** A log that adds these fields to each line. */
  child(fields: object): Log
}

export interface LogOptions {
  level: LogLevel
  json: boolean
  color: boolean
  write: (line: string) => void
}

/** The log of the process: JSON lines, or one readable line each. Writes synchronously, so that nothing is lost on exit. */
export function createLog({ level, json, color, write }: LogOptions): Log {
  return pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (error: unknown) => (error instanceof Error ? error.message : error) },
    },
    { write: (line: string) => write(json ? `${printable(line.trimEnd())}\n` : readable(JSON.parse(line), color)) },
  )
}

/** Drops everything; for tests and for commands that print their own output. */
export const SILENT: Log = { error() {}, warn() {}, info() {}, debug() {}, child: () => SILENT }

const MARK: Record<string, [string, number]> = {
  trace: ['TRC', 90],
  debug: ['DBG', 90],
  info: ['INF', 32],
  warn: ['WRN', 33],
  error: ['ERR', 31],
  fatal: ['FTL', 31],
}

function readable(entry: Record<string, unknown>, color: boolean): string {
  const { level, time, message, ...fields } = entry
  const [mark, code] = MARK[String(level)] ?? ['???', 0]
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? quote(value) : JSON.stringify(value)}`,
  )
  // Names of containers, images and answers are other people's: they must not forge lines or command the terminal.
  const text = printable(`${message}${rest.join('')}`)
  return `${time} ${color ? `\u001b[${code}m${mark}\u001b[0m` : mark} ${text}\n`
}

function quote(value: string): string {
  return /[\s"=]/.test(value) ? JSON.stringify(value) : value
}
