/**
 * What a script finds besides the language: `tools` and `console`. It runs inside the isolate, in the script's own
 * realm, so a script may break it, for itself only. It is given `call` and `log` and answers how values leave.
 */
export const scriptPrelude = `((call, log) => {
  'use strict'
  const { parse, stringify } = JSON
  const { Proxy, Error, String } = globalThis
  const shown = (value) => {
    if (typeof value === 'string') return value
    try {
      return (value instanceof Error ? undefined : stringify(value)) ?? String(value)
    } catch {
      return '(a value that cannot be shown)'
    }
  }
  const write = (...values) => log(values.map(shown).join(' '))
  class ToolError extends Error {
    constructor({ message, code, details }, tool) {
      super(message)
      this.name = 'ToolError'
      Object.assign(this, { tool, code, details })
    }
  }
  const run = async (tool, args) => {
    const reply = parse(await call(tool, stringify(args ?? {}) ?? '{}'))
    if (reply.error !== undefined) throw new ToolError(reply.error, tool)
    return reply.value
  }
  globalThis.tools = new Proxy({}, {
    get: (_, name) => (typeof name !== 'string' || name === 'then' ? undefined : (args) => run(name, args)),
  })
  globalThis.console = { log: write, info: write, warn: write, error: write, debug: write }
  const encode = (value) => stringify(value) ?? 'null'
  const describe = (thrown) => {
    const isError = thrown instanceof Error
    return stringify({
      name: isError ? String(thrown.name) : '',
      message: isError ? String(thrown.message) : shown(thrown),
      stack: isError ? String(thrown.stack) : '',
    })
  }
  return { encode, describe }
})`
