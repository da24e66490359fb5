// Writes the pages under docs/ that are made from the options themselves.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { configReference } from '../src/config/reference.ts'
import { notifiers } from '../src/notifiers/all.gen.ts'
import { providers } from '../src/providers/all.gen.ts'

const docs = path.join(import.meta.dirname, '..', 'docs')
writeFileSync(path.join(docs, 'config.md'), configReference({ providers, notifiers }))
