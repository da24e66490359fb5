import { isEmpty, isSame } from './json.ts'
import type { Json, JsonObject } from './types.ts'

/** What the engine reads as "no entrypoint, not even the image's" (`--entrypoint ""`), and then shows as null. */
export const CLEARED = ['']

/**
 * Entrypoint and Cmd as the user chose them, for `POST /containers/create`: neither where both are the image's, Cmd alone
 * where only that was chosen (the new image's entrypoint is then taken up), else both. The engine fills in the image's Cmd
 * only where no entrypoint was chosen, so that a chosen entrypoint keeps its Cmd, or its lack of one, in any case.
 * @param image - The old image's config; undefined when it is gone: then all counts as chosen.
 */
export function userCommand(container: JsonObject, image: JsonObject | undefined): JsonObject {
  const { Entrypoint: entrypoint, Cmd: cmd } = container
  const hasOwnEntrypoint = image === undefined || !isSameCommand(entrypoint, image.Entrypoint)
  const hasOwnCmd = image === undefined || !isSameCommand(cmd, image.Cmd)
  if (!hasOwnEntrypoint && !hasOwnCmd) return {}
  if (!hasOwnEntrypoint && !isEmpty(cmd)) return { Cmd: cmd }
  return { Entrypoint: isUnset(entrypoint) ? CLEARED : entrypoint, ...(isUnset(cmd) ? {} : { Cmd: cmd }) }
}

/** What the engine makes of the user's Entrypoint and Cmd and the image's (moby `daemon/commit.go`, `merge`). */
export function mergeCommand(user: JsonObject, image: JsonObject): JsonObject {
  const takesCmd = isEmpty(user.Entrypoint) && isEmpty(user.Cmd)
  const entrypoint = isUnset(user.Entrypoint) ? image.Entrypoint : user.Entrypoint
  return {
    Entrypoint:
      Array.isArray(entrypoint) && entrypoint.length === 1 && entrypoint[0] === '' ? null : (entrypoint ?? null),
    Cmd: (takesCmd ? image.Cmd : user.Cmd) ?? null,
  }
}

/** Null and `[]` are told apart, since `[]` clears what the image says; an image that does not name the key leaves it open. */
export function isSameCommand(a: Json | undefined, image: Json | undefined): boolean {
  if (image === undefined) return isEmpty(a)
  return isUnset(a) === isUnset(image) && isSame(a, image)
}

function isUnset(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null
}
