import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { Failure } from '../../domain/failure.ts'
import { assignTag, createTag, deleteTag, listTags, unassignTag } from '../../store/user-tags.ts'
import { methodNotAllowed } from '../failure-response.ts'
import { readJsonObject } from '../json-body.ts'
import type { HttpEnv, RouteParts } from '../parts.ts'
import { nameAfter } from '../raw-path.ts'

const LONGEST_NAME = 100

/** `/api/tags` and `/api/tag-assignments` of the dashboard contract. */
export function addUserTags(app: OpenAPIHono<HttpEnv>, { store, now, stream }: RouteParts): void {
  app.all('/api/tags', async (c) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return c.json(await listTags(store.db))
    if (c.req.method !== 'POST') return methodNotAllowed(c, ['GET', 'HEAD', 'POST'])
    const tag = await createTag(store.db, nameOf(await readJsonObject(c)), now())
    stream.wake()
    return c.json(tag, 201)
  })
  app.all('/api/tags/*', async (c) => {
    if (c.req.method !== 'DELETE') return methodNotAllowed(c, ['DELETE'])
    await deleteTag(store.db, idOf(nameAfter('/api/tags/', c.req.path)), now())
    stream.wake()
    return c.body(null, 204)
  })
  app.all('/api/tag-assignments', async (c) => {
    if (c.req.method === 'PUT') await assignTag(store.db, parseAssignment(await readJsonObject(c)), now())
    else if (c.req.method === 'DELETE') await unassignTag(store.db, await unassignedImage(c), now())
    else return methodNotAllowed(c, ['PUT', 'DELETE'])
    stream.wake()
    return c.body(null, 204)
  })
}

/** The image in the body or, for proxies that drop a DELETE's body, in the query. */
async function unassignedImage(c: Context): Promise<string> {
  const image = c.req.query('image')
  return image === undefined || image === '' ? imageOf(await readJsonObject(c)) : image
}

function parseAssignment(body: Record<string, unknown>): { image: string; tagId: number } {
  const image = imageOf(body)
  const tagId = body.tag_id
  if (!Number.isSafeInteger(tagId)) throw new Failure('invalid', 'The field "tag_id" must be a whole number.')
  return { image, tagId: tagId as number }
}

function imageOf({ image }: Record<string, unknown>): string {
  if (typeof image !== 'string' || image === '') throw new Failure('invalid', 'The field "image" is missing or empty.')
  return image
}

function nameOf({ name }: Record<string, unknown>): string {
  const trimmed = typeof name === 'string' ? name.trim() : ''
  if (trimmed === '') throw new Failure('invalid', 'The field "name" is missing or empty.')
  if ([...trimmed].length > LONGEST_NAME) {
    throw new Failure('invalid', `A tag's name has at most ${LONGEST_NAME} characters.`)
  }
  return trimmed
}

function idOf(text: string): number {
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new Failure('invalid', `"${text}" is not the id of a tag.`)
  }
  return Number(text)
}
