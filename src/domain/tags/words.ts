const OS_NAMES =
  'alpine|debian|ubuntu|fedora|centos|rockylinux|rocky|almalinux|alma|ubi|oraclelinux|ol|opensuse|suse|leap|bci|photon|amazonlinux|rhel|el|fc'

/** An operating system with the version glued to it, if any: `alpine3.20`, `debian`. */
export const OS_WORD = new RegExp(`(${OS_NAMES})(\\d+(?:\\.\\d+)*)?(?![0-9A-Za-z])`, 'iy')
/** The version of an operating system behind its word: `-22.04`, `-12`. */
export const OS_VERSION = /[-_](\d+\.\d+(?:\.\d+)*|\d\d)(?![0-9A-Za-z])(?!\.\d)/y
/** The text before a number that makes the number an operating system's: `ubuntu-`. */
export const BEHIND_OS = new RegExp(`(?:^|[-_.])(?:${OS_NAMES})[-_]$`, 'i')
/** A release of Ubuntu without its name. */
export const UBUNTU_RELEASE = /(\d\d)\.(04|10)(?![0-9A-Za-z])(?!\.\d)/y

/** A Windows base image and its release, which must match the host it runs on. */
export const WINDOWS =
  /(windowsservercore|nanoserver|servercore|windows)(?:[-_]?(?:10\.0\.(\d{5})(?:\.(\d+))?|(ltsc\d{4}|\d{4}|\d\dh\d))(?![0-9A-Za-z]))?(?![0-9A-Za-z])/iy
/** A Windows release on its own. */
export const WINDOWS_RELEASE = /^(?:ltsc\d{4}|1507|1511|1607|1703|1709|1803|1809|1903|1909|2004|\d\dH[12])(?:$|[-_])/i

/** A processor architecture; its digits mean nothing else. */
export const ARCHITECTURE =
  /(?:x86[-_]64(?:[-_]v\d)?|amd64(?:[-_]?v\d)?|arm64(?:[-_]?v\d)?|arm32v\d|arm(?:hf|el)?(?:[-_]?v\d)?|aarch64|i?[3-6]86|ppc64(?:le|el)?|s390x|riscv64|mips64(?:le|el)?|loong64)(?![0-9A-Za-z])/iy

/** A build counter: a short word with a number glued to it, or a longer one with the number behind it. */
export const COUNTER =
  /(?:(ls|r|k3s|rke2r|p|v|u|ga|cu|pl|sp)(\d{1,9})|(eksbuild|build|rev|revision|patch|hotfix|rel)[-._]?(\d{1,9}))(?![0-9A-Za-z])(?!\.\d)/iy
/** `b3078` counts builds only behind a word; right behind a version it is a beta. */
export const BUILD = /(b)(\d{1,9})(?![0-9A-Za-z])(?!\.\d)/y
/** A counter glued to the version itself: `8u432`, `9.8p1`. */
export const GLUED_COUNTER = /([pru])(\d{1,9})(?![0-9A-Za-z])/iy

/** A piece of a commit hash: hexadecimal with both a letter and a digit. */
export const HASH = /(?=g?[a-f]*\d)(?=g?\d*[a-f])g?[0-9a-f]{7,40}(?![0-9A-Za-z])/y
/** What could be a hash by its letters, even if it happens to hold digits or letters only. */
export const HASH_LIKE = /g?[0-9a-f]{7,40}(?![0-9A-Za-z])/y
/** The tail of `git describe`: commits since the version, and the commit. */
export const DESCRIBE = /-(\d{1,9})-g[0-9a-f]{7,40}(?![0-9A-Za-z])/y

/** Any word or number; a number keeps its dots. */
export const TOKEN = /[0-9A-Za-z]+(?:(?<=\d)\.\d+)*/y
export const SEPARATOR = /[^0-9A-Za-z]+/y

/** Runs a sticky pattern at a position. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const COMMIT = /^(?:sha-?[0-9a-f]+|(?:git|commit|rev)-[0-9a-f]{7,40})$/i

/** Whether the tag is a signature, an attestation or a bill of materials kept beside an image. */
export function isArtefact(tag: string): boolean {
  return tag.startsWith('sha256-') || tag.endsWith('.sig') || tag.endsWith('.att') || tag.endsWith('.sbom')
}

/** Whether the tag names one commit (`sha-3f2a9c1`, `0a1b2c3`): commits have no order. */
export function isCommit(tag: string): boolean {
  if (COMMIT.test(tag)) return true
  const hash = matchAt(HASH, tag, 0)
  return hash !== null && hash[0].length === tag.length
}
