import { activeContent } from './detectors/active-content.ts'
import { addressModel } from './detectors/address-model.ts'
import { argumentInjection } from './detectors/argument-injection.ts'
import { concealment } from './detectors/concealment.ts'
import { dangerousCommands } from './detectors/dangerous-commands.ts'
import { definitionRequests } from './detectors/definition-requests.ts'
import { definitionSteers } from './detectors/definition-steers.ts'
import { definitionTakes } from './detectors/definition-takes.ts'
import { exfiltration } from './detectors/exfiltration.ts'
import { hiddenSideEffects } from './detectors/hidden-side-effects.ts'
import { jailbreak } from './detectors/jailbreak.ts'
import { overrideInstructions } from './detectors/override-instructions.ts'
import { overrideMultilingual } from './detectors/override-multilingual.ts'
import { responseControl } from './detectors/response-control.ts'
import { roleMarkers } from './detectors/role-markers.ts'
import { secretRequests } from './detectors/secret-requests.ts'
import { sensitiveFiles } from './detectors/sensitive-files.ts'
import { toolShadowing } from './detectors/tool-shadowing.ts'
import type { Detector } from './finding.ts'

/** Every rule there is, in the order of what they are called in answers. Grows by a file and a line here. */
export const detectors: readonly Detector[] = [
  overrideInstructions,
  overrideMultilingual,
  roleMarkers,
  addressModel,
  responseControl,
  jailbreak,
  secretRequests,
  concealment,
  exfiltration,
  activeContent,
  dangerousCommands,
  argumentInjection,
  sensitiveFiles,
  definitionRequests,
  definitionTakes,
  definitionSteers,
  toolShadowing,
  hiddenSideEffects,
]
