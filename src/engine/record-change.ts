import { formatImageReference } from '../domain/image-reference.ts'
import { entryOf, type News } from '../domain/tell.ts'
import { runningDigests } from '../domain/watched-image.ts'
import { recordEvent } from '../store/events.ts'
import { waitsElsewhere } from '../store/images.ts'
import type { Db } from '../store/tables.ts'
import { putFinding, settleFinding } from '../store/updates.ts'
import type { Judged, TellerParts } from './tell.ts'

/** Events and the list of what waits follow the finding. */
export async function recordChange(parts: TellerParts, db: Db, { image, finding, before }: Judged): Promise<void> {
  const now = parts.now()
  const subject = formatImageReference(finding.reference)
  const data = {
    key: finding.key,
    status: finding.status,
    reason: finding.reason,
    level: finding.level,
    tag: finding.found.tag,
    digest: finding.found.digest,
  }
  const isWaiting = finding.status === 'update' || finding.status === 'new'
  if (finding.status === 'failed') {
    if (before?.status !== 'failed')
      await recordEvent(db, { kind: 'image.failed', subject, data: { key: finding.key, error: finding.error }, now })
  } else if (isWaiting) {
    await recordEvent(db, { kind: 'image.found', subject, data, now })
  } else if (before !== undefined && before.status !== finding.status) {
    await recordEvent(db, { kind: 'image.settled', subject, data, now })
  }
  if (finding.status === 'update') {
    const news: News = { status: 'update', isNewerTag: false, newerTag: finding.found.tag }
    const entry = entryOf([image], finding, { news, details: undefined, hubLink: finding.hubLink ?? '' })
    await putFinding(db, entry, { image: subject, teller: parts, now })
  } else if (finding.status === 'current' && runningDigests(image).size > 0) {
    // Another platform or another way of watching the same image may still have something that waits.
    if (!(await waitsElsewhere(db, subject, finding.key))) await settleFinding(db, subject, now)
  }
}
