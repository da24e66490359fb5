import type { Container } from './_docker-list.ts'

const HALF = /^(?<name>.+)__(?<half>next|prev)_[0-9a-f]{8}$/

/**
 * While a container is replaced (`updaters/container.ts`) two of them stand for one workload: the old one under another
 * name for as long as it serves, and the new one. The one that serves is listed, under the workload's name.
 */
export function withoutHalves(containers: readonly Container[], nameOf: (container: Container) => string): Container[] {
  const parked = new Map<string, Container>()
  const whole: Container[] = []
  for (const container of containers) {
    const { name, half } = HALF.exec(nameOf(container))?.groups ?? {}
    if (name === undefined) whole.push(container)
    else if (half === 'prev') parked.set(name, container)
  }
  const others = whole.filter((container) => container.State === 'running' || !parked.has(nameOf(container)))
  const taken = new Set(others.map(nameOf))
  const serving = [...parked].filter(([name]) => !taken.has(name))
  return [...others, ...serving.map(([name, container]) => ({ ...container, Names: [`/${name}`] }))]
}
