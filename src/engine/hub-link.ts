import { formatImageReference, type ImageReference, nameOf, tagOf } from '../domain/image-reference.ts'
import type { WatchSettings } from '../domain/workload.ts'
import { compileTemplate } from '../lib/go-template/template.ts'
import { struct } from '../lib/go-template/values.ts'

/**
 * The page about an image that people can open, before anything is known of its labels: `hub_link`, else `hub_tpl`, else
 * `known`, what the registry's own rule says. A template that cannot be filled counts as none.
 */
export function hubLinkOf(
  reference: ImageReference,
  { hubLink, hubTpl }: Pick<WatchSettings, 'hubLink' | 'hubTpl'>,
  known: string | undefined,
): string | undefined {
  if (hubLink) return hubLink
  return (hubTpl ? fill(hubTpl, reference) : undefined) ?? known
}

/** The link a message carries. Diun's order: `hub_link`, the image's own label (also an empty one), then the rest. */
export function toldLink(
  settings: Pick<WatchSettings, 'hubLink'>,
  { label, link, publicUrl }: { label: string | undefined; link: string | undefined; publicUrl: string | undefined },
): string {
  return settings.hubLink || (label ?? link ?? publicUrl ?? '')
}

/** What a `hub_tpl` sees: Diun's image object, with the tag and the digest that it leaves empty. */
function fill(template: string, reference: ImageReference): string | undefined {
  const tag = tagOf(reference) ?? ''
  const fields = {
    Domain: reference.registry,
    Path: reference.repository,
    HubLink: '',
    Tag: tag,
    Digest: reference.digest ?? '',
  }
  const methods = {
    Name: () => nameOf(reference),
    String: () => formatImageReference(reference),
    Reference: () => reference.digest ?? tag,
  }
  try {
    return compileTemplate(template, { name: 'hub_tpl' }).render(struct('registry.Image', fields, methods))
  } catch {
    return undefined
  }
}
