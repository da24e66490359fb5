import type { LaneOptions } from '../_lane.ts'
import { hostConfigCases, UNKNOWN_FIELD } from './host-config.ts'
import { imageCases } from './image.ts'
import { mountCases } from './mounts.ts'
import { networkCases } from './networks.ts'
import { sharingCases } from './sharing.ts'

/** Every case that one run of the program over a whole host can show. */
export const CONTAINERS: LaneOptions = {
  groups: {
    'What comes from the image': imageCases,
    'Host configuration': hostConfigCases,
    'Volumes and mounts': mountCases,
    Networks: networkCases,
    'Containers that stand on others': sharingCases,
  },
  // H12: the engine tells of a field that nobody knows.
  rewrite: {
    path: /\/containers\/[^/]+\/json/,
    answer: (text) =>
      /"Name":"\/h12(__[^"]*)?"/.test(text) ? text.replace('"HostConfig":{', `"HostConfig":{${UNKNOWN_FIELD},`) : text,
  },
}
