// Which of many things was used last: a doubly linked list through the things themselves, so that a use costs a few
// assignments and no map operation. It knows nothing of what it orders.

/** Something that is used. The list alone writes the links. */
export interface Linked<Item> {
  older: Item | undefined;
  newer: Item | undefined;
}

/** Items in order of their last use. Every operation takes the same time, however many there are. */
export class RecencyList<Item extends Linked<Item>> {
  #oldest: Item | undefined;
  #newest: Item | undefined;

  /** The item that was not used for the longest time. */
  get oldest(): Item | undefined {
    return this.#oldest;
  }

  /** A new item counts as used. */
  add(item: Item): void {
    item.older = this.#newest;
    item.newer = undefined;
    if (this.#newest) this.#newest.newer = item;
    else this.#oldest = item;
    this.#newest = item;
  }

  remove(item: Item): void {
    if (item.older) item.older.newer = item.newer;
    else this.#oldest = item.newer;
    if (item.newer) item.newer.older = item.older;
    else this.#newest = item.older;
    item.older = undefined;
    item.newer = undefined;
  }

  used(item: Item): void {
    if (item === this.#newest) return;
    this.remove(item);
    this.add(item);
  }
}
