/** The entries of an environment by name, in the order in which the names first appear. `A` without `=` is an entry too: it takes a variable away. */
export function envByName(entries: readonly string[]): Map<string, string[]> {
  return Map.groupBy(entries, nameOf)
}

/**
 * Those entries of a container's environment that its image does not explain, in their order. A name counts as a whole:
 * of two entries for one name the last one wins, so that one of them alone would mean something else.
 * @param pinned - Names that stay whatever the image says.
 */
export function userEnv(
  container: readonly string[],
  image: readonly string[],
  pinned: ReadonlySet<string> = new Set(),
): string[] {
  const [own, given] = [envByName(container), envByName(image)]
  const isUsers = (name: string) => pinned.has(name) || !isEqual(own.get(name), given.get(name))
  return container.filter((entry) => isUsers(nameOf(entry)))
}

/** What the engine makes of the user's entries and the image's: the user's first, then the image's for other names. */
export function mergeEnv(user: readonly string[], image: readonly string[]): string[] {
  const named = new Set(user.map(nameOf))
  return [...user, ...image.filter((entry) => !named.has(nameOf(entry)))]
}

/** What a name's entries come to: the last one's value; null where it takes the variable away. */
export function envValue(entries: readonly string[]): string | null {
  const last = entries.at(-1) ?? ''
  const at = last.indexOf('=')
  return at < 0 ? null : last.slice(at + 1)
}

function nameOf(entry: string): string {
  const at = entry.indexOf('=')
  return at < 0 ? entry : entry.slice(0, at)
}

function isEqual(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((entry, at) => entry === b?.[at])
}
