import { describe, expect, test } from 'vitest'
import { runScript, type ScriptCall, type ScriptReport } from './run-script.ts'
import type { ScriptLimits } from './script-words.ts'

const limits: ScriptLimits = {
  computeMs: 250,
  wallMs: 4_000,
  memoryBytes: 32 * 1024 * 1024,
  calls: 100,
  callsAtOnce: 4,
  argumentChars: 100_000,
  resultChars: 2_000,
  logChars: 500,
}
const echo: ScriptCall = async (tool, args) => `{"value":{"tool":${JSON.stringify(tool)},"args":${args}}}`

function run(code: string, call = echo, signal = new AbortController().signal): Promise<ScriptReport> {
  return runScript({ code, limits }, call, signal)
}
async function resultOf(code: string, call = echo): Promise<unknown> {
  const { end } = await run(code, call)
  if (!end.ok) throw new Error(end.message)
  return JSON.parse(end.result)
}
const troubleOf = async (code: string, call = echo) => {
  const { end } = await run(code, call)
  return end.ok ? 'none' : end.trouble
}

describe('a script', () => {
  test('calls tools as functions and returns what it makes of their answers', async () => {
    const code = `const both = await Promise.all(['a', 'b'].map((id) => tools.desk_read({ id })))
      const odd = await tools['odd-name']()
      return { ids: both.map(({ args }) => args.id), odd }`
    expect(await resultOf(code)).toEqual({ ids: ['a', 'b'], odd: { tool: 'odd-name', args: {} } })
  })

  test('without a return value answers null', async () => {
    expect(await resultOf('await tools.a()')).toBeNull()
    expect(await resultOf('return () => 1')).toBeNull()
  })

  test('sees the refusal of a tool as an error it can catch, with its code', async () => {
    const denies: ScriptCall = async () =>
      '{"error":{"message":"Denied by a rule","code":"call-denied","details":{"rules":["r1"]}}}'
    const code = `try { await tools.a() } catch (e) { return [e.name, e.message, e.code, e.details.rules[0], e.tool] }`
    expect(await resultOf(code, denies)).toEqual(['ToolError', 'Denied by a rule', 'call-denied', 'r1', 'a'])
    expect((await run('await tools.a()', denies)).end).toMatchObject({
      ok: false,
      trouble: 'script_failed',
      message: expect.stringContaining('Denied by a rule'),
    })
  })

  test('is told where it is wrong', async () => {
    const { end } = await run('const a = 1\nreturn a.b.c')
    expect(end).toMatchObject({
      trouble: 'script_failed',
      message: expect.stringMatching(/TypeError.*\n.*script\.js:2/),
    })
    expect(await troubleOf('return {')).toBe('script_failed')
    expect(await troubleOf('throw "words"')).toBe('script_failed')
  })

  test('logs a bounded number of characters', async () => {
    const { logs } = await run(
      `console.log('seen', { a: 1 }, new Error('x')); for (let i = 0; i < 1e4; i++) console.log('y'.repeat(100))`,
    )
    expect(logs[0]).toBe('seen {"a":1} Error: x')
    expect(logs.join('\n').length).toBeLessThan(700)
  })

  test('runs at most so many calls at the same time', async () => {
    let now = 0
    let most = 0
    const slow: ScriptCall = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      now--
      return '{"value":1}'
    }
    const code = 'return (await Promise.all(Array.from({ length: 20 }, () => tools.a()))).length'
    expect(await resultOf(code, slow)).toBe(20)
    expect(most).toBe(limits.callsAtOnce)
  })
})

describe('what a script cannot do', () => {
  test.each([
    ['a loop', 'for (;;) {}'],
    ['a loop that catches', 'for (;;) { try { for (;;) {} } catch {} }'],
    ['a loop of settled promises', 'for (;;) await null'],
    [
      'a loop of async functions that catch',
      'for (;;) { try { await (async () => { for (;;) {} })() } catch {} }',
    ],
    ['a loop after a call', 'await tools.a(); for (;;) {}'],
    ['a loop while its value is written', 'return { toJSON() { for (;;) {} } }'],
    ['a pattern that backtracks for ever', `return /(a+)+$/.test('a'.repeat(40) + 'b')`],
    ['ever larger numbers', 'const x = 3n ** 100000n; for (;;) x * x'],
    ['a step of the engine without end', 'return [].includes.call({ length: 2 ** 53 - 1 }, 1)'],
    ['the same after a call', 'await tools.a(); return [].indexOf.call({ length: 2 ** 53 - 1 }, 1)'],
    [
      'a trap for the reader of its error',
      'throw Object.assign(new Error(), { get message() { for (;;) {} } })',
    ],
  ])('%s is stopped in time', async (_what, code) => {
    const { end, durationMs } = await run(code)
    expect(end).toMatchObject({
      ok: false,
      trouble: 'time_limit',
      message: expect.stringContaining('compute'),
    })
    expect(durationMs).toBeLessThan(3_000)
  })

  test.each([
    ['an array that grows', 'const a = []; for (;;) a.push(new Array(1e5).fill(1))'],
    ['a text that grows', `let s = 'x'.repeat(1000); const all = []; for (;;) { all.push(s + all.length) }`],
    ['one huge buffer', 'return new ArrayBuffer(2 ** 30).byteLength'],
    ['a bomb of nesting', 'let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return JSON.stringify(a)'],
  ])('%s ends it, not the server', async (_what, code) => {
    const before = process.memoryUsage.rss()
    const { end } = await run(code)
    expect(end).toMatchObject({ ok: false })
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 1024 * 1024)
    expect(await resultOf('return 1')).toBe(1)
  })

  test('too much memory is called by its name', async () => {
    expect(await troubleOf('const a = []; for (;;) a.push(new Array(1e5).fill(1))')).toBe('memory_limit')
  })

  test.each([
    ['a promise', 'await new Promise(() => {})'],
    ['a promise raced with itself', 'const p = new Promise(() => {}); await Promise.race([p, p])'],
    ['a thenable', 'await { then() {} }'],
  ])('%s that never settles is noticed at once', async (_what, code) => {
    const { end, durationMs } = await run(code)
    expect(end).toMatchObject({ trouble: 'never_settles', message: expect.stringContaining('never happen') })
    expect(durationMs).toBeLessThan(limits.wallMs)
  })

  test('ten thousand calls end at the limit, even when every refusal is caught', async () => {
    let seen = 0
    const counts: ScriptCall = async () => `{"value":${++seen}}`
    const one = await run('for (let i = 0; i < 10000; i++) { try { await tools.a() } catch {} }', counts)
    expect(one.end).toMatchObject({ trouble: 'call_limit', message: expect.stringContaining('100 calls') })
    expect(seen).toBe(limits.calls)
    seen = 0
    await run('await Promise.allSettled(Array.from({ length: 10000 }, () => tools.a()))', counts)
    expect(seen).toBeLessThanOrEqual(limits.calls)
  })

  test('calls with endless arguments end at the limit before they reach anybody', async () => {
    let seen = 0
    const counts: ScriptCall = async () => `{"value":${++seen}}`
    const code = `const big = 'x'.repeat(40_000); for (;;) try { await tools.a({ big }) } catch {}`
    expect(await troubleOf(code, counts)).toBe('call_limit')
    expect(seen).toBe(2)
  })

  test('a tool that never answers ends with the time', async () => {
    let aborted = false
    const never: ScriptCall = (_tool, _args, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true
          reject(new Error('aborted'))
        })
      })
    const report = await runScript(
      { code: 'await tools.a()', limits: { ...limits, wallMs: 700 } },
      never,
      new AbortController().signal,
    )
    expect(report.end).toMatchObject({ trouble: 'time_limit' })
    expect(aborted).toBe(true)
  })

  test('a client that leaves ends it, running calls included', async () => {
    const client = new AbortController()
    const started: AbortSignal[] = []
    const never: ScriptCall = (_tool, _args, signal) => {
      started.push(signal)
      client.abort()
      return new Promise(() => undefined)
    }
    const { end } = await run('await tools.a()', never, client.signal)
    expect(end).toMatchObject({ trouble: 'stopped' })
    expect(started[0]?.aborted).toBe(true)
    expect((await run('return 1', echo, client.signal)).end).toMatchObject({ trouble: 'stopped' })
  })

  test('a call that may not go on ends it with the reason', async () => {
    const revoked: ScriptCall = () => Promise.reject(new Error('The key was revoked.'))
    const { end } = await run('try { await tools.a() } catch {} return 1', revoked)
    expect(end).toMatchObject({ trouble: 'stopped', message: 'The key was revoked.' })
  })

  test('a value too large to return is refused with its beginning', async () => {
    const { end } = await run(`return 'x'.repeat(5000)`)
    expect(end).toMatchObject({ trouble: 'result_too_large', start: expect.stringMatching(/^"xxx/) })
  })

  test('nothing outside the language is there', async () => {
    const code = `const names = ['process', 'require', 'fetch', 'WebSocket', 'XMLHttpRequest', 'setTimeout', 'Worker', 'module',
      'WebAssembly', 'Buffer', 'global', 'importScripts', 'navigator', 'Deno', 'std', 'os']
      return names.filter((name) => name in globalThis)`
    expect(await resultOf(code)).toEqual([])
    expect(await troubleOf(`await import('fs')`)).toBe('script_failed')
    expect(await troubleOf(`await import('data:text/javascript,1')`)).toBe('script_failed')
  })

  test.each([
    ['constructors lead back into the isolate', `return (() => {}).constructor('return typeof process')()`],
    [
      'constructors of async functions too',
      `return await (async () => {}).constructor('return typeof process')()`,
    ],
    ['a tool function leads nowhere', `return tools.a.constructor('return typeof process')()`],
    [
      'an error leads nowhere',
      `try { null.x } catch (e) { return e.constructor.constructor('return typeof process')() }`,
    ],
  ])('%s', async (_what, code) => {
    expect(await resultOf(code)).toBe('undefined')
  })

  test('tampered prototypes hurt only the script', async () => {
    const code = `Object.prototype.error = { message: 'x' }
      Object.prototype.toJSON = function () { return { ok: false, trouble: 'none' } }
      Array.prototype.map = () => ({ length: 1e9 })
      Promise.prototype.then = () => { throw 1 }
      JSON.stringify = () => 7
      Object.defineProperty(Object.prototype, '__proto__', { get() { for (;;) {} } })
      console.log({}); throw new Error('y')`
    expect((await run(code)).end.ok).toBe(false)
    expect(await resultOf('return [{}.error, JSON.stringify({})]')).toEqual([null, '{}'])
  })

  test('closing the function around it gains nothing', async () => {
    expect(await resultOf('return 1 })(); (async () => { return 2')).toBe(2)
    expect(await troubleOf('}); for (;;) {} (() => {')).toBe('time_limit')
  })
})
