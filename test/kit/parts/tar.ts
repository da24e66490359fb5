/** A file, or with `link` a symbolic link, in a tar archive. */
export interface TarEntry {
  readonly path: string
  readonly content?: Buffer | string
  readonly link?: string
  readonly mode?: number
}

/** Packs entries into a POSIX.1-1988 (ustar) archive; the same entries always give the same bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '')
    return [header(entry, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function header(entry: TarEntry, size: number): Buffer {
  if (Buffer.byteLength(entry.path) > 100) throw new Error(`${entry.path} is too long for this small tar`)
  const block = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  const folder = entry.path.endsWith('/')
  block.write(entry.path, 0)
  block.write(octal(entry.mode ?? (folder ? 0o755 : 0o644), 8), 100)
  block.write(octal(0, 8), 108)
  block.write(octal(0, 8), 116)
  block.write(octal(size, 12), 124)
  block.write(octal(0, 12), 136)
  block.write(' '.repeat(8), 148)
  block.write(entry.link === undefined ? (folder ? '5' : '0') : '2', 156)
  block.write(entry.link ?? '', 157)
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
