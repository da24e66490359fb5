import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type Labels = Readonly<Record<string, string>>
export type Sample = readonly [labels: Labels, value: number]

/** Writes the series of one metric into a registry. */
export interface Writer {
  gauge(name: string, help: string, samples: readonly Sample[]): void
  /** The name is given without `_total`'s rules being checked; it must end so. */
  counter(name: string, help: string, samples: readonly Sample[]): void
  /** Sorts the values into the buckets, whose upper bounds are given in ascending order. */
  histogram(name: string, help: string, values: { buckets: readonly number[]; values: readonly number[] }): void
}

/** Writes into this registry. */
export function writerFor(registry: Registry): Writer {
  const options = (name: string, help: string, samples: readonly Sample[]) => ({
    name,
    help,
    labelNames: Object.keys(samples[0]?.[0] ?? {}),
    registers: [registry],
  })
  return {
    gauge(name, help, samples) {
      const gauge = new Gauge(options(name, help, samples))
      for (const [labels, value] of samples) gauge.set(labels, value)
    },
    counter(name, help, samples) {
      const counter = new Counter(options(name, help, samples))
      for (const [labels, value] of samples) counter.inc(labels, value)
    },
    histogram(name, help, { buckets, values }) {
      const histogram = new Histogram({ name, help, buckets: [...buckets], registers: [registry] })
      for (const value of values) histogram.observe(value)
    },
  }
}
