import { playedLane } from './_played.ts'
import { GATE } from './cases/played.ts'

await playedLane('1.51', GATE)
