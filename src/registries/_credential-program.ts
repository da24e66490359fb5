import { spawn } from 'node:child_process'

/** Runs a program with a text on its standard input; resolves with what it printed, whatever its exit code. */
export type RunProgram = (
  command: string,
  args: readonly string[],
  options: { readonly input: string; readonly timeoutMs: number },
) => Promise<{ readonly exitCode: number; readonly stdout: string }>

const MOST_BYTES = 1024 * 1024

/** Runs it without a shell. Its standard error is dropped, as it may hold secrets. @throws the system's error when it cannot be started. */
export const runProgram: RunProgram = (command, args, { input, timeoutMs }) => {
  const { promise, resolve, reject } = Promise.withResolvers<{ exitCode: number; stdout: string }>()
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs, windowsHide: true })
  const chunks: Buffer[] = []
  let size = 0
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_BYTES) child.kill()
    else chunks.push(chunk)
  })
  child.once('error', reject)
  child.once('close', (code) => resolve({ exitCode: code ?? 1, stdout: Buffer.concat(chunks).toString('utf8') }))
  // A program that does not read closes the pipe; its exit code says what there is to say.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return promise
}
