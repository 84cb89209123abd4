import { ApiError } from '../../../contract/client.ts'

export type Trouble = {
  title: string
  detail: string
  /** Who has to act, in words. */
  who: string | undefined
  next: string | undefined
  /** The rule a policy refusal names, to link it. */
  rules: readonly string[]
  fields: readonly { loc: string; msg: string }[]
  requestId: string | undefined
}

const faults = {
  client: 'The request itself has to change.',
  policy: 'A rule or role of this workspace refused it.',
  gateway: 'This installation has a problem; an administrator has to look.',
  upstream: 'The connected server is at fault.',
} as const

/** The one place that turns any failure into words for a person. */
export function trouble(error: unknown): Trouble {
  const nothing = { who: undefined, next: undefined, rules: [], fields: [], requestId: undefined }
  if (error instanceof ApiError && error.problem !== undefined) {
    const { problem } = error
    const rules = (problem as { data?: { rules?: unknown } }).data?.rules
    return {
      title: problem.title,
      detail: problem.detail,
      who: faults[problem.fault],
      next: problem.next,
      rules: Array.isArray(rules) ? rules.map(String) : [],
      fields: problem.errors ?? [],
      requestId: problem.request_id,
    }
  }
  if (error instanceof ApiError && error.status === 0) {
    return {
      ...nothing,
      title: 'The server could not be reached',
      detail: 'It may be restarting, or the network is down.',
      next: 'Try again in a moment.',
    }
  }
  if (error instanceof ApiError)
    return { ...nothing, title: 'The server refused this', detail: error.message }
  if (isMissingPart(error)) {
    return {
      ...nothing,
      title: 'A part of the console could not be loaded',
      detail: 'The server may be restarting, or was replaced by another version since you opened this page.',
      next: 'Try again in a moment.',
    }
  }
  return {
    ...nothing,
    title: 'Something went wrong in the console',
    detail: error instanceof Error ? error.message : 'Unknown failure',
    next: 'Reload the page.',
  }
}

/** A page's own code did not come. The browser keeps that failure, so only loading everything anew helps. */
export function isMissingPart(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    /dynamically imported module|importing a module script failed/i.test(error.message)
  )
}

/** The message for one field of a form. `loc` may be written `body.name`, `/name` or `name`. */
export function fieldError(error: unknown, name: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  return error.problem?.errors?.find((field) => {
    const path = field.loc
      .replace(/^\//, '')
      .replaceAll('/', '.')
      .replace(/^body\./, '')
    return path === name || path.startsWith(`${name}.`)
  })?.msg
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status
}

/** Whether the server refused for this reason (docs/errors.md). */
export function isReason(error: unknown, reason: string): boolean {
  return error instanceof ApiError && error.problem?.type === `/problems/${reason}`
}
