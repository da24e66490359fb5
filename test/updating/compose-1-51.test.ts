import { playedLane } from './_played.ts'
import { COMPOSE } from './cases/played.ts'

await playedLane('1.51', COMPOSE)
