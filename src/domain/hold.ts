/** What a person says about a workload. */
export interface Hold {
  readonly id: string
  /** Id of the workload, which outlives its containers: `docker/local/web`. */
  readonly workload: string
  /** `hold`: stays as it is. `snooze`: until a time. `skip`: one candidate is passed over. `pin`: stays on the tag it has; a new digest of it may come. */
  readonly kind: 'hold' | 'snooze' | 'skip' | 'pin'
  readonly tag: string | undefined
  readonly digest: string | undefined
  /** ISO time. */
  readonly until: string | undefined
  readonly reason: string | undefined
  readonly actor: string
  readonly createdAt: string
}
