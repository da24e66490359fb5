// Writes src/<family>/all.gen.ts: every member of a family by name. Not in git, so that two new members never conflict.
import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const FAMILIES = ['providers', 'registries', 'notifiers', 'updaters']

for (const family of FAMILIES) {
  const folder = path.join(import.meta.dirname, '..', 'src', family)
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[a-z0-9][a-z0-9-]*\.ts$/.test(entry.name))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
    .sort()
  const imports = names.map((name) => `import ${identifier(name)} from './${name}.ts'\n`).join('')
  const entries = names.map((name) => `  '${name}': ${identifier(name)},\n`).join('')
  writeFileSync(
    path.join(folder, 'all.gen.ts'),
    `// Made by scripts/gen.ts from this folder.\n${imports}\nexport const ${family} = {\n${entries}} as const\n`,
  )
}

function identifier(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
