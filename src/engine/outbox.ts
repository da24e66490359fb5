import { describeError } from '../domain/failure.ts'
import { claimDelivery, nextDeliveryAt } from '../store/outbox.ts'
import type { Channel } from './channel.ts'
import { CLAIM_MS, deliver, type OutboxParts } from './deliver.ts'

export interface Outbox {
  /** Delivers until aborted. Looks again when `wake` is called, when a delivery falls due, and now and then. */
  run(signal: AbortSignal): Promise<void>
  /** Something was queued. */
  wake(): void
  /** Sends what is due now, once, and resolves: for commands that end. Returns how many arrived and how many did not. */
  drain(signal: AbortSignal): Promise<{ delivered: number; failed: number }>
}

const IDLE_MS = 30_000

/**
 * Delivers the messages that wait: channel by channel side by side, so that a slow one holds no other up, in order within a
 * channel, with retries and back-off. Several processes may do so over one database.
 */
export function createOutbox(parts: OutboxParts): Outbox {
  const sleepers = new Set<() => void>()
  return {
    wake() {
      for (const wake of sleepers) wake()
    },
    async run(signal) {
      await Promise.all(parts.channels.map((channel) => runChannel(parts, { channel, sleepers, signal })))
    },
    async drain(signal) {
      const counts = await Promise.all(parts.channels.map((channel) => deliverDue(parts, channel, signal)))
      return counts.reduce(
        (sum, each) => ({ delivered: sum.delivered + each.delivered, failed: sum.failed + each.failed }),
        { delivered: 0, failed: 0 },
      )
    },
  }
}

interface ChannelRun {
  readonly channel: Channel
  /** Called when something was queued. */
  readonly sleepers: Set<() => void>
  readonly signal: AbortSignal
}

async function runChannel(parts: OutboxParts, { channel, sleepers, signal }: ChannelRun): Promise<void> {
  while (!signal.aborted) {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
    sleepers.add(wake)
    try {
      await deliverDue(parts, channel, signal)
      if (!signal.aborted) await waitForNext(parts, { channel, woken, signal })
    } catch (error) {
      // The database cannot be read or written: nothing is lost, and it may come back.
      parts.log.error(
        { channel: channel.name, error: describeError(error) },
        'The outbox could not go on; it tries again',
      )
      await parts.clock.sleep(IDLE_MS, signal).catch(() => {})
    } finally {
      sleepers.delete(wake)
    }
  }
}

async function waitForNext(
  { db, clock }: OutboxParts,
  { channel, woken, signal }: { channel: Channel; woken: Promise<void>; signal: AbortSignal },
): Promise<void> {
  const due = await nextDeliveryAt(db, [channel.name])
  const ms = due === undefined ? IDLE_MS : Math.min(IDLE_MS, Math.max(50, due.getTime() - clock.now().getTime()))
  const done = new AbortController()
  const slept = clock.sleep(ms, AbortSignal.any([signal, done.signal])).catch(() => {})
  await Promise.race([woken, slept])
  done.abort()
}

async function deliverDue(
  parts: OutboxParts,
  channel: Channel,
  signal: AbortSignal,
): Promise<{ delivered: number; failed: number }> {
  const counts = { delivered: 0, failed: 0 }
  while (!signal.aborted) {
    const now = parts.clock.now()
    const delivery = await claimDelivery(parts.db, channel.name, {
      now,
      claimUntil: new Date(now.getTime() + CLAIM_MS),
    })
    if (delivery === undefined) return counts
    const arrived = await deliver(parts, { channel, delivery, signal })
    if (arrived) counts.delivered++
    else counts.failed++
  }
  return counts
}
