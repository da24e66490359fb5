/** One directive of a format: `%[flags][width][.precision]verb` (https://pkg.go.dev/fmt). */
export interface Spec {
  readonly verb: string
  readonly width: number | undefined
  readonly precision: number | undefined
  readonly minus: boolean
  readonly plus: boolean
  readonly sharp: boolean
  readonly space: boolean
  readonly zero: boolean
  /** `%+v`: with the names of fields. */
  readonly plusV: boolean
  /** `%#v`: as Go source. */
  readonly sharpV: boolean
}

export const PLAIN: Spec = {
  verb: 'v',
  width: undefined,
  precision: undefined,
  minus: false,
  plus: false,
  sharp: false,
  space: false,
  zero: false,
  plusV: false,
  sharpV: false,
}

/** Fills the text up to the width, counted in characters. */
export function pad(text: string, { width, minus, zero }: Spec): string {
  if (width === undefined) return text
  const missing = width - [...text].length
  if (missing <= 0) return text
  if (minus) return text + ' '.repeat(missing)
  return (zero ? '0' : ' ').repeat(missing) + text
}
