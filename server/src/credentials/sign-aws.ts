import { createHash, createHmac } from 'node:crypto'

export type AwsRequest = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly region: string
  readonly service: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const algorithm = 'AWS4-HMAC-SHA256'

/** The headers of a POST without a query, signed (Signature Version 4). */
export function signAws(request: AwsRequest): Record<string, string> {
  const { url, body, region, service, sessionToken } = request
  const time = new Date(request.at).toISOString().replace(/[:-]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`
  const headers: Record<string, string> = {
    ...request.headers,
    host: url.host,
    'x-amz-date': time,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const signed = names.join(';')
  const lines = names.map((name) => `${name}:${(headers[name] ?? '').trim()}\n`).join('')
  const canonical = ['POST', url.pathname, '', lines, signed, hash(body)].join('\n')
  const signature = keyFor(request, time.slice(0, 8))
    .update([algorithm, time, scope, hash(canonical)].join('\n'))
    .digest('hex')
  return {
    ...headers,
    authorization: `${algorithm} Credential=${request.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  }
}

function keyFor({ secretAccessKey, region, service }: AwsRequest, day: string) {
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (before, text) => createHmac('sha256', before).update(text).digest(),
    `AWS4${secretAccessKey}`,
  )
  return createHmac('sha256', key)
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
