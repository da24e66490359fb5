/** The `Basic` credentials that stand before the `@` of an address; undefined when there are none (RFC 7617). */
export function basicOf({ username, password }: URL): string | undefined {
  if (username === '') return undefined
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

/** People write a bare percent sign into passwords; it then stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
