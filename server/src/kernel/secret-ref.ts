/** A secret that is kept elsewhere, `store:path#field`, for instance `vault:kv/data/github#token`. */
export type SecretRef = { readonly scheme: string; readonly path: string; readonly field: string | undefined }

/** No secret in clear holds this character, so that no secret can be taken for a reference. */
const mark = '\0'

/** How a reference travels among secrets in clear, until it is resolved for one call. */
export function referenceText(ref: string): string {
  return `${mark}${ref}`
}

/** The reference this text stands for; undefined when it is the secret itself. */
export function referenceIn(text: string): string | undefined {
  return text.startsWith(mark) ? text.slice(mark.length) : undefined
}

const reference = /^([a-z][a-z0-9-]{0,19}):([^\s#]{1,1024})(?:#([^\s#]{1,200}))?$/

export function parseReference(text: string): SecretRef | undefined {
  const [, scheme, path, field] = reference.exec(text) ?? []
  return scheme === undefined || path === undefined ? undefined : { scheme, path, field }
}
