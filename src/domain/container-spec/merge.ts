import { mergeCommand } from './command.ts'
import { mergeEnv } from './env.ts'
import { asObject, asTexts, isEmpty, pick } from './json.ts'
import type { Json, JsonObject } from './types.ts'

const BY_KEY = ['Labels', 'ExposedPorts', 'Volumes']
const WHOLE = ['User', 'WorkingDir', 'StopSignal']

/**
 * What the engine makes of a container's config and its image's when it creates the container, for showing it beforehand
 * (moby `daemon/commit.go`, `merge`).
 */
export function mergeConfig(config: JsonObject, image: JsonObject): JsonObject {
  return {
    ...config,
    ...mergeCommand(config, image),
    Env: mergeEnv(asTexts(config.Env), asTexts(image.Env)),
    ...Object.fromEntries(BY_KEY.map((key) => [key, { ...asObject(image[key]), ...asObject(config[key]) }])),
    ...Object.fromEntries(WHOLE.map((key) => [key, isEmpty(config[key]) ? (image[key] ?? '') : config[key]])),
    ...filled({ Healthcheck: mergeHealthcheck(config.Healthcheck, image.Healthcheck) }),
  }
}

/** Field by field: what the user's leaves out or has as 0 is the image's. */
function mergeHealthcheck(user: Json | undefined, image: Json | undefined): JsonObject {
  return { ...asObject(image), ...pick(asObject(user), (_, field) => !isEmpty(field) && field !== 0) }
}

function filled(object: JsonObject): JsonObject {
  return pick(object, (_, value) => !isEmpty(value))
}
