import type { Cleared, RawObject } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { Seal } from './seal.ts'

/** What a task id of ours stands for. The tool's name is kept so that policy is asked again on every use. */
export type TaskRef = { serverId: ServerId; taskId: string; tool: string }

/** Task ids, of both forms of tasks, sealed to the person who started the task (protocol.md §1.9). */
export type TaskIds = {
  /** Throws not-found unless the id was sealed for this person. */
  open(text: string, caller: Caller): TaskRef
  /** The result with every task id in it sealed; the same map when there is none. */
  sealIn(call: Cleared, members: RawObject): RawObject
}

const relatedTask = 'io.modelcontextprotocol/related-task'

export function taskIds(seal: Seal): TaskIds {
  const sealed = (call: Cleared, taskId: string): string => {
    const tool = call.target.kind === 'tool' ? call.target.tool.name : call.name
    return JSON.stringify(seal.seal({ p: call.caller.id, s: call.connector.id, t: taskId, n: tool }))
  }
  const sealMember = (call: Cleared, object: RawObject, name: string): RawObject => {
    const id = stringOf(object.get(name))
    return id === undefined ? object : new Map(object).set(name, sealed(call, id))
  }
  return {
    open(text, caller) {
      const ref = seal.open(text)
      if (ref === undefined || ref['p'] !== caller.id)
        throw new GatewayError('not-found', 'there is no such task of yours')
      return { serverId: String(ref['s']) as ServerId, taskId: String(ref['t']), tool: String(ref['n']) }
    },
    sealIn(call, members) {
      let out = members
      if (call.method.startsWith('tasks/') || members.get('resultType') === '"task"')
        out = sealMember(call, out, 'taskId')
      const task = out.get('task')
      if (isObjectText(task))
        out = new Map(out).set('task', objectText(sealMember(call, membersOf(task), 'taskId')))
      const meta = out.get('_meta')
      if (meta?.includes(relatedTask) === true)
        out = new Map(out).set(
          '_meta',
          sealRelated(meta, (object) => sealMember(call, object, 'taskId')),
        )
      return out
    },
  }
}

function sealRelated(meta: string, sealTask: (object: RawObject) => RawObject): string {
  const members = membersOf(meta)
  const related = members.get(relatedTask)
  if (isObjectText(related)) members.set(relatedTask, objectText(sealTask(membersOf(related))))
  return objectText(members)
}
