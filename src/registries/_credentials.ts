/** What proves who we are. `source` says where it comes from, for the words of an error. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string; readonly source: string }
  /** A refresh token, which is exchanged for tokens (Docker's "identity token"). */
  | { readonly kind: 'identity'; readonly token: string; readonly source: string }

/** `Authorization: Basic`; undefined for credentials that have no such form. */
export function basicHeader(credentials: Credentials | undefined): string | undefined {
  if (credentials?.kind !== 'password') return undefined
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}
