import type { z } from '@hono/zod-openapi'

/**
 * One member of a family (a notifier, a registry, a provider, an updater): a value, never a subclass.
 * From `options` come the config check, the CLI help, the editor's JSON Schema and the form in the dashboard.
 */
export interface Member<Schema extends z.ZodType, Parts, Instance> {
  /** = file name = key in the config. */
  readonly name: string
  /** One sentence of help. */
  readonly summary: string
  readonly options: Schema
  create(options: z.output<Schema>, parts: Parts): Instance
}
