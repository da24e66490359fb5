import { lane } from './_lane.ts'
import { CONTAINERS } from './cases/all.ts'

await lane('1.45', CONTAINERS)
