/** What a red-black tree keeps of one of its nodes. */
export interface Node<T> {
  parent: T | null;
  left: T | null;
  right: T | null;
  isRed: boolean;
}

/**
 * The shape of a red-black tree, as Linux's lib/rbtree.c would build it: which nodes a search passes is all that is asked of it. The order
 * is the caller's, who names a new node's neighbour.
 */
export class SearchTree<T extends Node<T>> {
  root: T | null = null;

  /** Between two neighbours there is one free place. */
  insert(node: T, previous: T | null, next: T | null): void {
    node.left = node.right = null;
    node.isRed = true;
    if (previous !== null && previous.right === null) {
      node.parent = previous;
      previous.right = node;
    } else {
      node.parent = next;
      if (next !== null) next.left = node;
    }
    if (node.parent === null) this.root = node;
    this.balance(node);
  }

  private balance(from: T): void {
    let node = from;
    for (let parent = node.parent; parent?.isRed === true; parent = node.parent) {
      const above = parent.parent!;
      const isLeft = parent === above.left;
      const uncle = isLeft ? above.right : above.left;
      if (uncle?.isRed === true) {
        uncle.isRed = parent.isRed = false;
        above.isRed = true;
        node = above;
        continue;
      }
      if (node === (isLeft ? parent.right : parent.left)) {
        this.rotate(parent, isLeft);
        [node, parent] = [parent, node];
      }
      parent.isRed = false;
      above.isRed = true;
      this.rotate(above, !isLeft);
      break;
    }
    this.root!.isRed = false;
  }

  /** The one takes the other's place. */
  replace(old: T, node: T): void {
    node.parent = old.parent;
    node.left = old.left;
    node.right = old.right;
    node.isRed = old.isRed;
    this.link(old, node);
    if (node.left !== null) node.left.parent = node;
    if (node.right !== null) node.right.parent = node;
  }

  remove(node: T): void {
    let child: T | null;
    let parent: T | null;
    let wasRed = node.isRed;
    if (node.left !== null && node.right !== null) {
      let heir = node.right;
      while (heir.left !== null) heir = heir.left;
      wasRed = heir.isRed;
      child = heir.right;
      parent = heir.parent === node ? heir : heir.parent;
      if (heir.parent !== node) {
        this.link(heir, child);
        heir.right = node.right;
        node.right.parent = heir;
      }
      this.link(node, heir);
      heir.left = node.left;
      node.left.parent = heir;
      heir.isRed = node.isRed;
    } else {
      child = node.left ?? node.right;
      parent = node.parent;
      this.link(node, child);
    }
    if (!wasRed) this.rebalance(child, parent);
  }

  private rebalance(from: T | null, above: T | null): void {
    let node = from;
    let parent = above;
    while (parent !== null && node?.isRed !== true) {
      const isLeft = node === parent.left;
      let sibling = (isLeft ? parent.right : parent.left)!;
      if (sibling.isRed) {
        sibling.isRed = false;
        parent.isRed = true;
        this.rotate(parent, isLeft);
        sibling = (isLeft ? parent.right : parent.left)!;
      }
      let far = isLeft ? sibling.right : sibling.left;
      const near = isLeft ? sibling.left : sibling.right;
      if (far?.isRed !== true && near?.isRed !== true) {
        sibling.isRed = true;
        node = parent;
        parent = node.parent;
        continue;
      }
      if (far?.isRed !== true) {
        near!.isRed = false;
        sibling.isRed = true;
        this.rotate(sibling, !isLeft);
        sibling = near!;
        far = isLeft ? sibling.right : sibling.left;
      }
      sibling.isRed = parent.isRed;
      parent.isRed = false;
      far!.isRed = false;
      this.rotate(parent, isLeft);
      return;
    }
    if (node !== null) node.isRed = false;
  }

  private rotate(node: T, toLeft: boolean): void {
    const child = (toLeft ? node.right : node.left)!;
    const inner = toLeft ? child.left : child.right;
    if (toLeft) node.right = inner;
    else node.left = inner;
    if (inner !== null) inner.parent = node;
    this.link(node, child);
    if (toLeft) child.left = node;
    else child.right = node;
    node.parent = child;
  }

  /** Puts another node, or nothing, where this one hangs. */
  private link(node: T, other: T | null): void {
    const { parent } = node;
    if (other !== null) other.parent = parent;
    if (parent === null) this.root = other;
    else if (parent.left === node) parent.left = other;
    else parent.right = other;
  }
}
