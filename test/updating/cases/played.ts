import type { PlayedCase } from '../_played.ts'
import { gateCases } from './gate.ts'

/** Cases with new images that fail, in several rounds. */
export const GATE: Readonly<Record<string, readonly PlayedCase[]>> = {
  'The gate': gateCases,
}
export const COMPOSE: Readonly<Record<string, readonly PlayedCase[]>> = {}
