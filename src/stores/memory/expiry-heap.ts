// What expires next: a binary heap in which every item knows its place, so that one is moved or taken out without a
// search and the heap is never larger than what is kept. It knows no record and no clock.

/** Something with an end. The heap alone writes `heapIndex`. */
export interface Expiring {
  /** In ms. After it was changed, the heap must be told by `moved`. */
  expiresAt: number;
  heapIndex: number;
}

/**
 * Items in order of their expiry. `first` costs nothing, every change at most the logarithm of the size; moving an
 * item to a later expiry costs a step or two on the average, since most items are leaves.
 */
export class ExpiryHeap<Item extends Expiring> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item that expires before all others. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  remove(item: Item): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#settle(last, item.heapIndex);
  }

  /** The item's expiry has changed. */
  moved(item: Item): void {
    this.#settle(item, item.heapIndex);
  }

  /** Puts an item where it belongs, from a place that is free. */
  #settle(item: Item, index: number): void {
    const parent = this.#items[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && item.expiresAt < parent.expiresAt) this.#rise(item, index);
    else this.#sink(item, index);
  }

  #rise(item: Item, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex];
      if (parent === undefined || parent.expiresAt <= item.expiresAt) break;
      this.#place(parent, index);
      index = parentIndex;
    }
    this.#place(item, index);
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      const left = this.#items[2 * index + 1];
      if (left === undefined) break;
      const right = this.#items[2 * index + 2];
      const child = right !== undefined && right.expiresAt < left.expiresAt ? right : left;
      if (item.expiresAt <= child.expiresAt) break;
      const childIndex = child.heapIndex;
      this.#place(child, index);
      index = childIndex;
    }
    this.#place(item, index);
  }

  #place(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
