import type { Cleared, RawObject } from '../kernel/call.ts'
import type { Caller } from '../kernel/caller.ts'
import { GatewayError } from '../kernel/errors.ts'
import type { ServerId } from '../kernel/ids.ts'
import { isObjectText, membersOf, objectText, stringOf } from '../lib/raw-json.ts'
import type { Seal } from './seal.ts'

/** What a task id of ours stands for. The tool's name is kept so that policy is asked again on every use. */
export type TaskRef = { serverId: ServerId; taskId: string; tool: string }

/** The call a task belongs to: the one that started it, or one that asks about it. */
type TaskCall = Pick<Cleared, 'caller' | 'connector' | 'target' | 'name' | 'client' | 'method'>

/** Task ids, of both forms of tasks, sealed to the person who started the task (protocol.md §1.9). */
export type TaskIds = {
  /** Throws task-unknown unless the id was sealed for this person. */
  open(text: string, caller: Caller): TaskRef
  /** The result with every task id in it sealed; the same map when there is none. */
  sealIn(call: TaskCall, members: RawObject): RawObject
  /** The same for the params of a notification or a question about the call. */
  sealInParams(call: TaskCall, params: RawObject): RawObject
  /** What a client sends upstream, with the ids it knows turned back; foreign ones stay as they are. */
  openRelated(call: TaskCall, members: RawObject): RawObject
}

const relatedTask = 'io.modelcontextprotocol/related-task'

/** `onSealed` hears of every id given out, so that news about a task can be told under the id its client knows. */
export function taskIds(
  seal: Seal,
  onSealed: (call: TaskCall, taskId: string, sealed: string) => void = () => undefined,
): TaskIds {
  const sealed = (call: TaskCall, taskId: string): string => {
    const tool = call.target.kind === 'tool' ? call.target.tool.name : call.name
    const text = seal.seal({ p: call.caller.id, s: call.connector.id, t: taskId, n: tool })
    onSealed(call, taskId, text)
    return text
  }
  const opened = (text: string, caller: Caller): TaskRef | undefined => {
    const ref = seal.open(text)
    if (ref === undefined || ref['p'] !== caller.id) return undefined
    return { serverId: String(ref['s']) as ServerId, taskId: String(ref['t']), tool: String(ref['n']) }
  }
  const sealMember = (call: TaskCall, object: RawObject): RawObject =>
    changed(object, (taskId) => sealed(call, taskId))
  return {
    open(text, caller) {
      const ref = opened(text, caller)
      if (ref === undefined) throw unknownTask()
      return ref
    },
    sealIn(call, members) {
      let out = members
      if (call.method.startsWith('tasks/') || members.get('resultType') === '"task"')
        out = sealMember(call, out)
      const task = out.get('task')
      if (call.method === 'tools/call' && isObjectText(task))
        out = new Map(out).set('task', objectText(sealMember(call, membersOf(task))))
      return related(out, (object) => sealMember(call, object))
    },
    sealInParams: (call, params) =>
      related(params.has('taskId') ? sealMember(call, params) : params, (object) => sealMember(call, object)),
    openRelated: (call, members) =>
      related(members, (object) =>
        changed(object, (taskId) => {
          const ref = opened(taskId, call.caller)
          return ref?.serverId === call.connector.id ? ref.taskId : taskId
        }),
      ),
  }
}

/** What is gone, foreign, or hidden by a rule looks the same. */
export function unknownTask(denied?: GatewayError['denied']): GatewayError {
  return new GatewayError(
    'task-unknown',
    'there is no such task of yours',
    denied === undefined ? {} : { denied },
  )
}

function changed(object: RawObject, change: (taskId: string) => string): RawObject {
  const id = stringOf(object.get('taskId'))
  return id === undefined ? object : new Map(object).set('taskId', JSON.stringify(change(id)))
}

/** `_meta` may say which task a message belongs to. */
function related(members: RawObject, change: (object: RawObject) => RawObject): RawObject {
  const text = members.get('_meta')
  if (text?.includes(relatedTask) !== true || !isObjectText(text)) return members
  const meta = membersOf(text)
  const task = meta.get(relatedTask)
  if (!isObjectText(task)) return members
  return new Map(members).set('_meta', objectText(meta.set(relatedTask, objectText(change(membersOf(task))))))
}
