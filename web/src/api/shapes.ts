// Short names for what the operations of the REST interface answer.
import type * as Contract from '../../../contract/client.ts'

export type Me = Contract.Me
export type User = Contract.User
export type Role = User['roles'][number]
export type Group = Contract.Group
export type AgentAccount = Contract.AgentAccount
export type ApiKey = Contract.ApiKey
export type Delegation = Contract.Delegation
export type Connector = Contract.Connector
export type ServerTool = Contract.Tool
export type ConnectorScan = Contract.ConnectorScan
export type Connection = Contract.Connection
export type Policy = Contract.Policy
export type OutsideModel = Contract.OutsideModel
export type GuardSettings = Contract.GuardSettings
export type GuardAction = GuardSettings['actions'][string]
export type OwnGuardSettings = Contract.ConnectorGuardSettings['own']
export type WaitingDevice = Contract.WaitingDevice
export type WaitingClient = Contract.WaitingClient
export type ConnectedClient = Contract.ConnectedClient
export type RedirectRule = Contract.RedirectRule
export type AdminRequest = Contract.Request
export type Principals = {
  type: string
  ids?: string[] | undefined
  attributes?: Record<string, string[]> | undefined
}
export type SignInLinkDocument = Contract.SignInLink
export type ProvisioningToken = Contract.ProvisioningToken
export type SearchReport = Contract.SearchReport
export type SsoProvider = Contract.SsoProvider
export type OwnSsoIdentity = Contract.OwnSsoIdentity
export type TrustedIssuer = Contract.TrustedIssuer
export type SsoTestResult = Contract.SsoTestResult
export type WorstQuery = Contract.WorstQuery
export type HardTool = Contract.HardTool
export type AuditRow = Contract.AuditLog
export type AuditDetail = Contract.AuditLogDetail
