import { isAbsolute } from 'node:path'
import { z } from 'zod'

/** What a process needs that is the OAuth broker and nothing else. */
export type BrokerSettings = {
  readonly vendorsFile: string
  /** Origins of the gateways it serves. */
  readonly gateways: readonly string[]
}

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

export const brokerFields = {
  RUNLAYER_OAUTH_BROKER_URL: z.url({ protocol: /^https?$/ }).optional(),
  RUNLAYER_BROKER_VENDORS: z.string().refine(isAbsolute, { message: 'must be an absolute path' }).optional(),
  RUNLAYER_BROKER_GATEWAYS: z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine((origins) => origins.every(isOrigin), {
      message: 'must be origins such as https://gateway.example.com, separated by commas',
    })
    .optional(),
}
type Fields = z.output<z.ZodObject<typeof brokerFields>>
type Joined = Fields & { RUNLAYER_ROLE: string; RUNLAYER_SECRET_KEY?: readonly string[] | undefined }

export function brokerMistakes(env: Joined): string[] {
  const { RUNLAYER_BROKER_VENDORS: vendors, RUNLAYER_BROKER_GATEWAYS: gateways } = env
  if (env.RUNLAYER_ROLE !== 'broker')
    return vendors === undefined && gateways === undefined
      ? []
      : ['RUNLAYER_BROKER_VENDORS and RUNLAYER_BROKER_GATEWAYS: only for RUNLAYER_ROLE=broker']
  const missing = Object.entries({
    RUNLAYER_BROKER_VENDORS: vendors,
    RUNLAYER_BROKER_GATEWAYS: gateways,
    RUNLAYER_SECRET_KEY: env.RUNLAYER_SECRET_KEY,
  }).filter(([, value]) => value === undefined)
  return missing.map(([name]) => `${name}: required with RUNLAYER_ROLE=broker`)
}

export function brokerFrom(env: Fields): BrokerSettings | undefined {
  const { RUNLAYER_BROKER_VENDORS: vendorsFile, RUNLAYER_BROKER_GATEWAYS: gateways } = env
  return vendorsFile === undefined || gateways === undefined ? undefined : { vendorsFile, gateways }
}
