import { type ImageReference, isBareId, nameOf, parseImageReference } from '../domain/image-reference.ts'
import { type Container, factsOf, type ImageAnswer } from './_docker-list.ts'

/** Which image a container runs, in the words of registries. */
export interface ContainerImage {
  /** As the container names it, or the best name known for it. */
  readonly text: string
  readonly reference?: ImageReference
  /** Registry digests of what runs, without names. */
  readonly digests: readonly string[]
  readonly notCheckable?: string
}

/**
 * Whether the engine gives an id where the container's image should be named: the tag has moved to another image, or
 * the container was created by id (in full or shortened).
 */
export function isIdOnly({ Image, ImageID }: Container): boolean {
  return isBareId(Image) || (/^[0-9a-f]{6,63}$/.test(Image) && ImageID.startsWith(`sha256:${Image}`))
}

/**
 * Brings together what the list, the image and (for ids) the container itself say.
 * @param original the image as written at creation; only needed where `isIdOnly`.
 * @throws Failure when the name is no image reference.
 */
export function resolveImage(container: Container, image: ImageAnswer, original?: string): ContainerImage {
  const facts = factsOf(image)
  const text = nameFor(container, original) ?? facts?.tags[0] ?? facts?.digests[0]
  if (text === undefined)
    return { text: container.Image, digests: [], notCheckable: 'It runs an image id that no repository is known for.' }
  const reference = parseImageReference(text)
  if (facts === undefined) return { text, reference, digests: [] }
  const known = facts.digests.flatMap(namedDigest)
  const digests = known.filter(({ name }) => name === nameOf(reference)).map(({ digest }) => digest)
  const notCheckable =
    digests.length > 0
      ? undefined
      : whyNotCheckable(
          known.map(({ name }) => name),
          reference,
        )
  return { text, reference, digests, ...(notCheckable === undefined ? {} : { notCheckable }) }
}

function nameFor(container: Container, original: string | undefined): string | undefined {
  if (!isIdOnly(container)) return container.Image
  return original && !isIdOnly({ ...container, Image: original }) ? original : undefined
}

function whyNotCheckable(names: readonly string[], reference: ImageReference): string {
  if (names.length === 0) return 'The image was built or loaded on this host; no registry is known for it.'
  return `The image came from ${[...new Set(names)].join(', ')} and was given the name ${nameOf(reference)} on this host.`
}

function namedDigest(text: string): { name: string; digest: string }[] {
  try {
    const reference = parseImageReference(text)
    return reference.digest === undefined ? [] : [{ name: nameOf(reference), digest: reference.digest }]
  } catch {
    return []
  }
}
