/** Encryption at rest and derived keys. `bind` ties a sealed text to its row: opened elsewhere it fails. */
export type Keyring = {
  seal(plain: string, bind: string): string
  open(sealed: string, bind: string): string
  /** 32 bytes, stable for the life of the installation. */
  derive(label: string): Buffer
}
