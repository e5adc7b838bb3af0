const NOTHING = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })

const date = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})

export function count(value: number | null): string {
  return value === null ? NOTHING : value < 10_000 ? whole.format(value) : compact.format(value)
}

export function rate(value: number): string {
  return value < 100 ? oneDigit.format(value) : compact.format(value)
}

export function seconds(value: number | null): string {
  if (value === null) return NOTHING
  if (value < 1) return `${whole.format(value * 1000)} ms`
  if (value < 120) return `${oneDigit.format(value)} s`
  return value < 7_200 ? `${oneDigit.format(value / 60)} min` : `${oneDigit.format(value / 3_600)} h`
}

export function percent(value: number | null): string {
  return value === null ? NOTHING : `${oneDigit.format(value * 100)} %`
}

/** Small amounts keep the digits that matter: a request often costs a tenth of a cent. */
export function dollars(value: number | null): string {
  if (value === null) return NOTHING
  if (value === 0) return '$0'
  return `$${value.toFixed(value < 0.01 ? 5 : value < 1 ? 3 : 2)}`
}

export function bytes(value: number): string {
  return value < 1e9 ? `${whole.format(value / 1e6)} MB` : `${oneDigit.format(value / 1e9)} GB`
}

export function timeOfDay(ms: number): string {
  return clock.format(ms)
}

/** A moment that may be days away. */
export function moment(wallMs: number): string {
  return date.format(wallMs)
}

export function text(value: string | null): string {
  return value ?? NOTHING
}
