import { printable } from '../lib/printable.ts'

export interface OutputOptions {
  /** With a terminal the engine sends the bytes as they are, without one in frames. */
  readonly tty: boolean
  /** Bytes that are kept: the last ones, where the reason for an end stands. */
  readonly most: number
}

/**
 * Reads what a container or a command in it printed, both streams in the order in which they came, as lines that are
 * safe to show. @throws what reading the chunks throws.
 */
export async function readOutput(chunks: AsyncIterable<Uint8Array>, { tty, most }: OutputOptions): Promise<string> {
  let kept: Buffer = Buffer.alloc(0)
  for await (const part of tty ? chunks : unframed(chunks)) {
    kept = Buffer.concat([kept, part])
    if (kept.length > most) kept = kept.subarray(kept.length - most)
  }
  return kept.toString().replaceAll(COLOURS, '').split(/\r?\n/).map(printable).join('\n').trim()
}

/** Escape sequences as in ECMA-48, 5.4: colours and cursor movements. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-?]*[ -/]*[@-~]`, 'g')

const HEAD_BYTES = 8

/** Takes the frames off: eight bytes, of which the last four are the length (Engine API, `POST /containers/{id}/attach`). */
async function* unframed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let head: Buffer = Buffer.alloc(0)
  let left = 0
  for await (const chunk of chunks) {
    let rest = Buffer.from(chunk)
    while (rest.length > 0) {
      if (left === 0) {
        const wanted = HEAD_BYTES - head.length
        head = Buffer.concat([head, rest.subarray(0, wanted)])
        rest = rest.subarray(wanted)
        if (head.length < HEAD_BYTES) break
        left = head.readUInt32BE(4)
        head = Buffer.alloc(0)
      } else {
        const part = rest.subarray(0, left)
        rest = rest.subarray(part.length)
        left -= part.length
        yield part
      }
    }
  }
}
