import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Failure } from '../../domain/failure.ts'
import * as contract from '../contract-updates.ts'
import { operatorOnly, setSecret } from '../credentials.ts'
import { parseBody, parseWith } from '../json-body.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { nameBetween } from '../raw-path.ts'
import { toWireUpdate } from '../updates-wire.ts'

/** Whoever passes the guard is the operator; there are no accounts to tell people apart by. */
const ASKED = { actor: 'operator' } as const

/** The routes of `/api/v1` that change containers, or what will be done about them: only for who proves to be the operator. */
export function addChanging(app: OpenAPIHono<HttpEnv>, parts: RouteParts): void {
  addOfWorkload(app, parts)
  const { updates, stream, now, options } = parts
  const guard = operatorOnly(setSecret(options.token))
  for (const path of ['', '/pause', '/resume']) app.post(`/api/v1/rollouts${path}`, guard)
  app.openapi(contract.beginAll, async (c) => {
    const { begun, refused } = await updates.updateAll(ASKED)
    stream.wake()
    return c.json({ begun: begun.map(toWireUpdate), refused }, 202)
  })
  app.openAPIRegistry.registerPath(contract.pause)
  app.post('/api/v1/rollouts/pause', async (c) => {
    const until = comingTime((await parseBody(c, contract.PauseBody)).until, now())
    await updates.pause({ ...ASKED, until })
    stream.wake()
    return c.json({ ...ASKED, until: until?.toISOString() })
  })
  app.openapi(contract.resume, async (c) => {
    await updates.resume(ASKED)
    stream.wake()
    return c.body(null, 204)
  })
}

/** Routed by hand: an id may hold raw slashes, which `{id}` does not match. */
function addOfWorkload(app: OpenAPIHono<HttpEnv>, { updates, stream, now, options }: RouteParts): void {
  const guard = operatorOnly(setSecret(options.token))
  const on = (route: RouteConfig, act: (workload: string, c: Context<HttpEnv>) => Promise<Response>): void => {
    const ending = route.path.slice(route.path.lastIndexOf('/'))
    app.openAPIRegistry.registerPath(route)
    app.on(route.method.toUpperCase(), `/api/v1/workloads/:id{.+}${ending}`, guard, async (c) => {
      const answer = await act(nameBetween(c.req.path, '/api/v1/workloads/', ending), c)
      stream.wake()
      return answer
    })
  }
  on(contract.beginUpdate, async (workload, c) => c.json(toWireUpdate(await updates.update(workload, ASKED)), 202))
  on(contract.beginRollBack, async (workload, c) => {
    const { to } = await parseBody(c, contract.RollBackBody)
    return c.json(toWireUpdate(await updates.rollBack(workload, { ...ASKED, to })), 202)
  })
  on(contract.addHold, async (workload, c) => {
    const { kind, until, reason } = await parseBody(c, contract.HoldBody)
    return c.json(await updates.hold(workload, { ...ASKED, kind, reason, until: comingTime(until, now()) }), 201)
  })
  on(contract.removeHolds, async (workload, c) => {
    const { kind } = parseWith(contract.ReleaseQuery, c.req.query())
    return c.json({ released: await updates.release(workload, { ...ASKED, kind }) })
  })
  on(contract.approve, async (workload, c) => c.json(await updates.approve(workload, ASKED)))
}

function comingTime(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (time > now) return time
  throw new Failure('invalid', `"${text}" has passed already.`, { where: 'until', remedy: 'Give a time to come.' })
}
