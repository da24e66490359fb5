import path from 'node:path'
import { isMap, isScalar, type Node } from 'yaml'
import { Failure } from '../domain/failure.ts'
import { type Definition, interpolate, readEnvFile, type Scope, type Segment, textOf } from './_compose-env.ts'
import {
  type ComposeDocument,
  getNode,
  isReset,
  itemsOf,
  keysOf,
  lineOf,
  readComposeFile,
  scalarSource,
} from './_compose-yaml.ts'

/** The files of a project, as its containers' labels name them. */
export interface ComposeSources {
  readonly directory: string
  /** Absolute; later ones go over earlier ones. */
  readonly files: readonly string[]
  /** Undefined: `.env` of the directory, where there is one. */
  readonly envFiles: readonly string[] | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The text of a file; undefined when it is not there. @throws when it cannot be read. */
  readonly read: (file: string) => string | undefined
}

/** Everything a project's files say, `include` and `extends` followed. */
export interface ComposeModel {
  readonly root: Unit
  /** Every document that was read, with the variables that hold in it. */
  readonly documents: Map<ComposeDocument, Scope>
}

/** What sets a service's image. */
export interface ImageSetting {
  readonly document: ComposeDocument
  readonly node: Node
  readonly line: number
  readonly segments: readonly Segment[]
  /** The image as it comes out. */
  readonly text: string
}

interface Unit {
  readonly layers: readonly Layer[]
  readonly directory: string
  readonly scope: Scope
}

interface Layer {
  readonly document: ComposeDocument
  readonly included: readonly Unit[]
}

interface Reading {
  readonly sources: ComposeSources
  readonly documents: Map<ComposeDocument, Scope>
  readonly extended: Map<string, readonly Layer[]>
}

const DEEPEST = 20

/** @throws Failure for a file that is missing or cannot be read, with its line. */
export function loadModel(sources: ComposeSources): ComposeModel & { extended: Reading['extended'] } {
  const { directory, environment, envFiles } = sources
  const reading: Reading = { sources, documents: new Map(), extended: new Map() }
  const group = readGroup(reading, envFiles ?? [path.join(directory, '.env')], envFiles === undefined)
  const root = readUnit(reading, { files: sources.files, directory, scope: { environment, groups: [group] } }, 0)
  const model = { root, documents: reading.documents, extended: reading.extended }
  // What `extends` leads to is read now, so that every file is known.
  for (const service of serviceNames(model)) findImage(model, sources, service)
  return model
}

/** The names that are defined for the project's own files. */
export function definedNames(sources: ComposeSources): Set<string> {
  const { directory, environment, envFiles } = sources
  const reading: Reading = { sources, documents: new Map(), extended: new Map() }
  const group = readGroup(reading, envFiles ?? [path.join(directory, '.env')], envFiles === undefined)
  return new Set([...Object.keys(environment), ...group.map(({ name }) => name)])
}

/** All services of the project, included ones too. */
export function serviceNames({ root }: Pick<ComposeModel, 'root'>): string[] {
  const inUnit = (unit: Unit): string[] =>
    unit.layers.flatMap(({ document, included }) => [
      ...keysOf(document, getNode(document, document.document.contents, 'services')),
      ...included.flatMap(inUnit),
    ])
  return [...new Set(inUnit(root))]
}

/** What sets the image of a service: the last file that does. Undefined where none does. */
export function findImage(
  model: ComposeModel & { extended: Reading['extended'] },
  sources: ComposeSources,
  service: string,
): ImageSetting | undefined {
  const { documents, extended } = model
  return inUnit({ sources, documents, extended }, model.root, service)
}

function inUnit(reading: Reading, unit: Unit, service: string): ImageSetting | undefined {
  for (const { document, included } of unit.layers.toReversed()) {
    const found = inDocument(reading, { document, unit, directory: unit.directory, depth: 0 }, service)
    if (found !== undefined) return found
    for (const other of included.toReversed()) {
      const within = inUnit(reading, other, service)
      if (within !== undefined) return within
    }
  }
  return undefined
}

interface Spot {
  readonly document: ComposeDocument
  readonly unit: Unit
  /** Against which paths of `extends` are read. */
  readonly directory: string
  readonly depth: number
}

function inDocument(reading: Reading, spot: Spot, service: string): ImageSetting | undefined {
  const { document, unit } = spot
  const services = getNode(document, document.document.contents, 'services')
  const entry = getNode(document, services, service)
  const node = getNode(document, entry, 'image')
  const line = lineOf(document, node ?? entry)
  if (isReset(entry) || isReset(node)) throw unclear(document.file, line, service, 'is reset with !reset')
  const source = scalarSource(document, node)
  if (node !== undefined && source !== undefined) {
    const segments = interpolate(source, unit.scope)
    return { document, node, line, segments, text: textOf(segments) }
  }
  const base = entry && getNode(document, entry, 'extends')
  if (base === undefined) return undefined
  if (spot.depth > DEEPEST) throw unclear(document.file, line, service, 'extends itself')
  return inBase(reading, spot, base)
}

function inBase(reading: Reading, spot: Spot, base: Node): ImageSetting | undefined {
  const { document, unit, directory } = spot
  const named = isMap(base) ? getNode(document, base, 'service') : base
  const service = fill(document, named, unit.scope)
  if (service === undefined) return undefined
  const file = isMap(base) ? fill(document, getNode(document, base, 'file'), unit.scope) : undefined
  const depth = spot.depth + 1
  if (file === undefined) return inDocument(reading, { ...spot, depth }, service)
  const target = path.resolve(directory, file)
  const layers = reading.extended.get(target) ?? readDocuments(reading, target, unit.scope)
  reading.extended.set(target, layers)
  for (const layer of layers.toReversed()) {
    const place = { document: layer.document, unit, directory: path.dirname(target), depth }
    const found = inDocument(reading, place, service)
    if (found !== undefined) return found
  }
  return undefined
}

interface UnitFiles {
  readonly files: readonly string[]
  readonly directory: string
  readonly scope: Scope
}

function readUnit(reading: Reading, { files, directory, scope }: UnitFiles, depth: number): Unit {
  const layers = files
    .flatMap((file) => readDocuments(reading, file, scope))
    .map(({ document }) => {
      const include = getNode(document, document.document.contents, 'include')
      const entries = itemsOf(document, include)
      if (depth > DEEPEST) throw new Failure('invalid', 'The file includes itself.', { where: document.file })
      const included = entries.map((entry) => readInclude(reading, { document, entry, directory, scope, depth }))
      return { document, included }
    })
  return { layers, directory, scope }
}

interface Include {
  readonly document: ComposeDocument
  readonly entry: Node
  readonly directory: string
  readonly scope: Scope
  readonly depth: number
}

/** The variables of what includes go before those of the included files (compose specification, include). */
function readInclude(reading: Reading, { document, entry, directory, scope, depth }: Include): Unit {
  const texts = (node: Node | undefined) =>
    itemsOf(document, node).map((item) => path.resolve(directory, fill(document, item, scope) ?? ''))
  const files = texts(isScalar(entry) ? entry : getNode(document, entry, 'path'))
  const own = isMap(entry) ? getNode(document, entry, 'project_directory') : undefined
  const [folder = path.dirname(files[0] ?? directory)] = texts(own)
  const envFiles = texts(isMap(entry) ? getNode(document, entry, 'env_file') : undefined)
  const isDefault = envFiles.length === 0
  const group = readGroup(reading, isDefault ? [path.join(folder, '.env')] : envFiles, isDefault)
  const inner = { ...scope, groups: [...scope.groups, group] }
  return readUnit(reading, { files, directory: folder, scope: inner }, depth + 1)
}

function readDocuments(reading: Reading, file: string, scope: Scope): Layer[] {
  return readComposeFile(readText(reading, file), file).map((document) => {
    reading.documents.set(document, scope)
    return { document, included: [] }
  })
}

function readGroup(reading: Reading, files: readonly string[], isOptional: boolean): Definition[] {
  return files
    .filter((file) => file !== '/dev/null')
    .flatMap((file) => {
      const text = isOptional ? (reading.sources.read(file) ?? '') : readText(reading, file)
      return readEnvFile(text, file)
    })
}

function readText({ sources }: Reading, file: string): string {
  const text = sources.read(file)
  if (text !== undefined) return text
  throw new Failure('not-found', `The file ${file} is not there.`, {
    where: file,
    remedy: 'Mount the folder of the project at the same path, or see whether the file was moved.',
  })
}

function fill(document: ComposeDocument, node: Node | undefined, scope: Scope): string | undefined {
  const source = scalarSource(document, node)
  return source && textOf(interpolate(source, scope))
}

function unclear(file: string, line: number, service: string, what: string): Failure {
  return new Failure('unsupported', `The image of ${service} ${what}, so that it is not clear where it is set.`, {
    where: `${file}:${line}`,
    remedy: 'Set the image of the service in one place.',
  })
}
