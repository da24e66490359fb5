import type { PlayedCase } from '../_played.ts'
import { composeCases } from './compose.ts'
import { eitherWayCases } from './compose-apart.ts'
import { composeFileCases } from './compose-files.ts'
import { gateCases } from './gate.ts'
import { rollbackCases } from './rollback.ts'

/** New images that fail, and the way back. */
export const GATE: Readonly<Record<string, readonly PlayedCase[]>> = {
  'The gate': gateCases,
  'The way back': rollbackCases,
}

export const COMPOSE: Readonly<Record<string, readonly PlayedCase[]>> = {
  Compose: [...composeCases, ...eitherWayCases],
  'Compose: its files': composeFileCases,
}
