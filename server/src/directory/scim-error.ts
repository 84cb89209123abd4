import type { Json } from '../kernel/json.ts'

/** A refusal as RFC 7644 §3.12 writes it. `detail` is safe to show: it ends up in the log of the directory. */
export class ScimRefusal extends Error {
  readonly status: number
  readonly scimType: string | undefined

  constructor(status: number, detail: string, scimType?: string) {
    super(detail)
    this.status = status
    this.scimType = scimType
  }

  get body(): Json {
    return {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(this.status),
      detail: this.message,
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
    }
  }
}
