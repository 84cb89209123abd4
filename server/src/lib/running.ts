/**
 * What runs right now, by name: few at a time, coming and going with every call. A Map would do, but V8 links each table
 * a Map has outgrown to the next one; once one of them is old, everything that was in a later one is kept until the next full
 * collection (measured: 4 KB a call, three quarters of the young collector's work). Look-ups walk the list: keep it short.
 */
export class Running<Value> {
  readonly #names: string[] = []
  readonly #values: Value[] = []

  get size(): number {
    return this.#names.length
  }

  get(name: string): Value | undefined {
    const at = this.#names.indexOf(name)
    return at === -1 ? undefined : this.#values[at]
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  set(name: string, value: Value): void {
    const at = this.#names.indexOf(name)
    if (at !== -1) {
      this.#values[at] = value
      return
    }
    this.#names.push(name)
    this.#values.push(value)
  }

  delete(name: string): void {
    const at = this.#names.indexOf(name)
    if (at === -1) return
    const lastName = this.#names.pop()
    const lastValue = this.#values.pop()
    if (at === this.#names.length || lastName === undefined) return
    this.#names[at] = lastName
    this.#values[at] = lastValue as Value
  }

  values(): readonly Value[] {
    return this.#values
  }
}
