import { isMap, isScalar, isSeq, type Node } from 'yaml'
import { interpolate, lookUp, type Scope, textOf } from './_compose-env.ts'
import type { ScalarEdit } from './_compose-file.ts'
import { type ComposeModel, type ComposeSources, findImage, loadModel, serviceNames } from './_compose-model.ts'
import { type ComposeDocument, getNode, itemsOf, keysOf, scalarSource, valuesOf } from './_compose-yaml.ts'

export interface Edited {
  readonly service: string
  readonly edits: readonly ScalarEdit[]
}

/** What else would change with the edits, for a sentence: `the image of worker`, `ports of web (compose.yml:7)`. */
export function findSideEffect(before: ComposeSources, after: ComposeSources, edited: Edited): string | undefined {
  const old = loadModel(before)
  const changed = loadModel(after)
  const other = serviceNames(old)
    .filter((name) => name !== edited.service)
    .find((name) => findImage(old, before, name)?.text !== findImage(changed, after, name)?.text)
  if (other !== undefined) return `the image of ${other}`
  return changedValue(old, changed) ?? changedPassedOn(old, changed, edited)
}

/** A value of any document, with its variables filled in; images are compared service by service. */
function changedValue(old: ComposeModel, changed: ComposeModel): string | undefined {
  const now = [...changed.documents]
  let index = 0
  for (const [document, scope] of old.documents) {
    const next = now[index++]
    if (next === undefined) return document.file
    const after = filled(next[0], next[1])
    const differs = ([path, text]: [string, string]) => after.get(path) !== text
    const [path] = [...filled(document, scope)].find(differs) ?? []
    if (path !== undefined) return `${path} (${document.file})`
  }
  return undefined
}

function filled(document: ComposeDocument, scope: Scope): Map<string, string> {
  const relevant = valuesOf(document).filter(({ path: [top = '', , key, ...rest] }) => {
    return !top.startsWith('x-') && !(top === 'services' && key === 'image' && rest.length === 0)
  })
  return new Map(
    relevant.map(({ path, text }) => [path.join('.'), textOf(interpolate({ text, place: undefined }, scope))]),
  )
}

/** Variables and env files that are handed to a container as they are. */
function changedPassedOn(old: ComposeModel, changed: ComposeModel, { service, edits }: Edited): string | undefined {
  const files = new Set(edits.map(({ file }) => file))
  const scopes = [...changed.documents.values()]
  let index = 0
  for (const [document, scope] of old.documents) {
    const names = changedNames(scope, scopes[index++] ?? scope)
    const found = passedOn(document, names, { files, except: service })
    if (found !== undefined) return found
  }
  return undefined
}

function changedNames(before: Scope, after: Scope): Set<string> {
  const value = (scope: Scope, name: string) => textOf(interpolate({ text: `\${${name}}`, place: undefined }, scope))
  const names = before.groups.flat().map(({ name }) => name)
  return new Set(names.filter((name) => lookUp(before, name) && value(before, name) !== value(after, name)))
}

interface Touched {
  readonly files: ReadonlySet<string>
  /** The service that may read the edited env file: it is the one that moves. */
  readonly except: string
}

function passedOn(document: ComposeDocument, names: ReadonlySet<string>, touched: Touched): string | undefined {
  const root = document.document.contents
  for (const section of ['secrets', 'configs']) {
    const map = getNode(document, root, section)
    const entry = keysOf(document, map).find((key) => {
      const source = scalarSource(document, getNode(document, getNode(document, map, key), 'environment'))
      return source !== undefined && names.has(source.text)
    })
    if (entry !== undefined) return `${section}.${entry}`
  }
  const services = getNode(document, root, 'services')
  return keysOf(document, services)
    .map((name) => passedToService(document, { name, node: getNode(document, services, name) }, { names, touched }))
    .find((found) => found !== undefined)
}

interface Entry {
  readonly name: string
  readonly node: Node | undefined
}

function passedToService(
  document: ComposeDocument,
  { name, node }: Entry,
  { names, touched }: { names: ReadonlySet<string>; touched: Touched },
): string | undefined {
  const environment = getNode(document, node, 'environment')
  const inherited = isSeq(environment)
    ? itemsOf(document, environment).map((item) => (isScalar(item) ? String(item.value) : ''))
    : keysOf(document, environment).filter((key) => isEmpty(getNode(document, environment, key)))
  const variable = inherited.find((key) => names.has(key))
  if (variable !== undefined) return `${variable} in the environment of ${name}`
  if (name === touched.except) return undefined
  const file = itemsOf(document, getNode(document, node, 'env_file'))
    .map((item) => scalarSource(document, isMap(item) ? getNode(document, item, 'path') : item)?.text ?? '')
    .find((text) => [...touched.files].some((edited) => edited.endsWith(`/${text.replace(/^\.\//, '')}`)))
  return file === undefined ? undefined : `the environment of ${name} (env_file: ${file})`
}

function isEmpty(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null)
}
