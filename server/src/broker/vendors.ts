import { z } from 'zod'

const address = z.url({ protocol: /^https?$/ })
const Vendor = z
  .strictObject({
    name: z.string().min(1).max(60),
    /** As the vendor writes it in `iss`; without it no `iss` is expected. */
    issuer: z.string().max(2_048).optional(),
    authorization_url: address,
    token_url: address,
    client_id: z.string().min(1).max(500).optional(),
    client_secret: z.string().min(1).max(2_000).optional(),
    token_auth: z.enum(['basic', 'post', 'none']).optional(),
    /** Where the vendor registers clients by itself (RFC 7591); used when there is no client id. */
    registration_url: address.optional(),
    initial_access_token: z.string().min(1).max(4_096).optional(),
    /** `off`: the vendor refuses PKCE; the leg to the gateway keeps it. */
    pkce: z.enum(['on', 'off']).default('on'),
    /** `omit`: the vendor refuses the `resource` parameter. */
    resource: z.enum(['send', 'omit']).default('omit'),
    /** Further parameters of the vendor's authorization request, such as `access_type`. */
    parameters: z.record(z.string().max(60), z.string().max(200)).default({}),
  })
  .refine((vendor) => vendor.client_id !== undefined || vendor.registration_url !== undefined, {
    message: 'needs a client_id, or a registration_url where one is registered',
  })

export type Vendor = z.output<typeof Vendor>
export type Vendors = ReadonlyMap<string, Vendor>

const Vendors = z.record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), Vendor)
const maxVendors = 100

/** Reads the vendors of a broker. Throws an Error for the operator that names each mistake, and no secret. */
export function readVendors(text: string): Vendors {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The file of vendors is no JSON.')
  }
  const parsed = Vendors.safeParse(value)
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  - ${path.join('.')}: ${message}`)
    throw new Error(`The file of vendors is not valid:\n${lines.join('\n')}`)
  }
  const vendors = new Map(Object.entries(parsed.data))
  if (vendors.size === 0 || vendors.size > maxVendors)
    throw new Error(`The file of vendors holds none, or more than ${maxVendors}.`)
  return vendors
}
