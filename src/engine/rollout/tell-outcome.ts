import { randomUUID } from 'node:crypto'
import { outcomeEntry, outcomeKey, outcomeText } from '../../domain/tell-outcome.ts'
import type { Update } from '../../domain/update.ts'
import { queueMessage } from '../../store/outbox.ts'
import type { Db } from '../../store/tables.ts'
import type { Channel } from '../channel.ts'

/** Queues what is to be told of an update that has ended, in the transaction in which that is written down. */
export async function tellOutcome(
  db: Db,
  update: Update,
  { channels, now }: { channels: readonly Channel[]; now: Date },
): Promise<void> {
  const text = outcomeText(update)
  const names = channels.filter(({ onlyFindings }) => onlyFindings !== true).map(({ name }) => name)
  if (text === undefined || names.length === 0) return
  await queueMessage(
    db,
    { id: randomUUID(), kind: 'outcome', createdAt: now.toISOString(), entries: [outcomeEntry(update)], text },
    { dedupeKey: outcomeKey(update), channels: names },
  )
}
