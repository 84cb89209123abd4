/** A number for every document, so many times as the largest search needs: the request, its steps, two for each. */
const maxKept = 40

/**
 * Where a search does its sums: rows of a number for each document, all zero at first. Ten or twenty such rows a search,
 * made anew each time, would be half a megabyte to clear away for each. A search never waits, so one room serves all.
 */
export class SearchRoom {
  #rows: Float32Array[] = []
  #taken = 0
  #size = 0

  /** Begins a search over so many documents; the rows of the one before are free again. */
  clear(size: number): void {
    if (size !== this.#size) this.#rows = []
    this.#size = size
    this.#taken = 0
  }

  take(): Float32Array {
    const row = this.#rows[this.#taken] ?? new Float32Array(this.#size)
    if (this.#taken < this.#rows.length) row.fill(0)
    else if (this.#rows.length < maxKept) this.#rows.push(row)
    this.#taken++
    return row
  }
}
