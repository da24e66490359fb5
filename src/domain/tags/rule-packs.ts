/** What is known of the tags of single repositories and does not follow from the tags themselves. */
interface RulePack {
  /** Matches the repository with or without its registry. */
  readonly repository: RegExp
  /** Words before a single number that make it a version. */
  readonly numberPrefixes?: readonly string[]
  /** Every tag names a Windows release, which must match the host. */
  readonly windows?: boolean
  /** A word with a number that marks a fix made after the release: `11.2.0-security-01`. */
  readonly fixWord?: string
}

const RULE_PACKS: readonly RulePack[] = [
  { repository: /(?:^|\/)jitsi\/[^/]+$/, numberPrefixes: ['stable-'] },
  { repository: /(?:^|\/)grafana\/grafana(?:-oss|-enterprise)?$/, fixWord: 'security' },
  { repository: /(?:^|\/)windows\/(?:servercore|nanoserver|server)$|(?:^|\/)windows$/, windows: true },
]

/** The rules for a repository; an empty pack for most. */
export function rulePackFor(repository: string | undefined): Omit<RulePack, 'repository'> {
  return RULE_PACKS.find((pack) => repository !== undefined && pack.repository.test(repository)) ?? {}
}
