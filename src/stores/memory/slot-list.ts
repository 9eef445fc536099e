// Things in numbered slots, each in its own from the first to the last moment: who has come as far as a number can go on
// from there, whatever came and went meanwhile. It knows nothing of what it keeps.

/** Something that has a slot. The list alone writes it. */
export interface Slotted {
  slot: number;
}

/** Items in no order. To add, to remove and to find what is in a slot take the same time in a list of any length. */
export class SlotList<Item extends Slotted> {
  readonly #items: (Item | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many slots there are, free ones included: as many as there ever were items at a time. */
  get length(): number {
    return this.#items.length;
  }

  at(slot: number): Item | undefined {
    return this.#items[slot];
  }

  add(item: Item): void {
    item.slot = this.#free.pop() ?? this.#items.length;
    this.#items[item.slot] = item;
  }

  remove({ slot }: Item): void {
    this.#items[slot] = undefined;
    this.#free.push(slot);
  }
}
