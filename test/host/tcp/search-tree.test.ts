import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Node, SearchTree } from '../../../src/host/tcp/search-tree.ts';

interface Leaf extends Node<Leaf> {
  readonly key: number;
}

function leaf(key: number): Leaf {
  return { key, parent: null, left: null, right: null, isRed: true };
}

function insert(tree: SearchTree<Leaf>, order: Leaf[], key: number): void {
  const found = order.findIndex((node) => node.key > key);
  const at = found < 0 ? order.length : found;
  const node = leaf(key);
  tree.insert(node, order[at - 1] ?? null, order[at] ?? null);
  order.splice(at, 0, node);
}

/** Keys in order; throws where a parent is wrong, two red nodes follow or the ways down are not equally black. */
function check(node: Leaf | null, parent: Leaf | null, keys: number[]): number {
  if (node === null) return 1;
  assert.equal(node.parent, parent);
  assert.ok(!(node.isRed && (parent === null || parent.isRed)), 'two red nodes');
  const left = check(node.left, node, keys);
  keys.push(node.key);
  assert.equal(check(node.right, node, keys), left, 'as many black nodes on all ways');
  return left + (node.isRed ? 0 : 1);
}

/** Nodes by their depth: `2(1 3)`. */
function shape(node: Leaf | null): string {
  if (node === null) return '-';
  return node.left === null && node.right === null ? `${node.key}` : `${node.key}(${shape(node.left)} ${shape(node.right)})`;
}

describe('the tree of what is out of order', () => {
  const SHAPES: readonly [keys: readonly number[], gone: readonly number[], shape: string][] = [
    [[1, 2], [], '1(- 2)'],
    [[2, 1], [], '2(1 -)'],
    [[1, 2, 3], [], '2(1 3)'],
    [[1, 3, 2], [], '2(1 3)'],
    [[1, 2, 3, 4, 5, 6], [], '2(1 4(3 5(- 6)))'],
    [[1, 2, 3, 4, 5, 6], [1, 2], '4(3 5(- 6))'],
    [[1, 2, 3, 4, 5, 6], [2], '3(1 5(4 6))'],
  ];
  for (const [keys, gone, wanted] of SHAPES) {
    it(`has ${wanted} of ${keys.join()}${gone.length === 0 ? '' : ` without ${gone.join()}`}`, () => {
      const tree = new SearchTree<Leaf>();
      const order: Leaf[] = [];
      for (const key of keys) insert(tree, order, key);
      for (const key of gone) tree.remove(order.find((node) => node.key === key)!);
      assert.equal(shape(tree.root), wanted);
    });
  }

  it('stays in order and balanced', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 60 }),
      how: fc.constantFrom('insert', 'insert', 'remove', 'replace'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const tree = new SearchTree<Leaf>();
        const order: Leaf[] = [];
        for (const { key, how } of steps) {
          const at = order.findIndex((node) => node.key === key);
          if (at < 0 && how === 'insert') insert(tree, order, key);
          if (at >= 0 && how === 'remove') tree.remove(order.splice(at, 1)[0]!);
          if (at >= 0 && how === 'replace') {
            const node = leaf(key);
            tree.replace(order[at]!, node);
            order[at] = node;
          }
          const keys: number[] = [];
          check(tree.root, null, keys);
          assert.deepEqual(
            keys,
            order.map((node) => node.key),
          );
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
