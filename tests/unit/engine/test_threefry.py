"""The generator gives its authors' numbers."""

import numpy as np
import pytest

from sim.engine.threefry import threefry2x64, uniform

#: Rounds, counter, key and expected words: the lines `threefry2x64` of `tests/kat_vectors` in
#: Random123, the authors' own distribution.
KNOWN_ANSWERS = """
13 0000000000000000 0000000000000000 0000000000000000 0000000000000000 f167b032c3b480bd e91f9fee4b7a6fb5
13 ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff ccdec5c917a874b1 4df53abca26ceb01
13 243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89 c3aac71561042993 3fe7ae8801aff316
20 0000000000000000 0000000000000000 0000000000000000 0000000000000000 c2b6e3a8c2c69865 6f81ed42f350084d
20 ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff e02cb7c4d95d277a d06633d0893b8b68
20 243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89 263c7d30bb0f0af1 56be8361d3311526
32 0000000000000000 0000000000000000 0000000000000000 0000000000000000 38ba854d7f13cfb3 d02fca729d54fadc
32 ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff 6b532f4f6e288646 0388f1ec135ee18e
32 243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89 dad492f32efbd0c4 b6d7d0cd1f193e84
"""  # noqa: E501


@pytest.mark.parametrize("line", KNOWN_ANSWERS.split("\n")[1:-1])
def test_it_gives_its_authors_known_answers(line):
    rounds, *words = line.split()
    numbers = [np.array([int(word, 16)], dtype=np.uint64) for word in words]
    found = threefry2x64(*numbers[:4], rounds=int(rounds))
    assert [f"{word[0]:016x}" for word in found] == words[4:]


def test_a_number_is_the_same_alone_and_among_others():
    runs = np.arange(50, dtype=np.uint64)
    names = np.array([[3], [2**64 - 1]], dtype=np.uint64)
    seed = np.array([7], dtype=np.uint64)
    first = np.tile(runs, (2, 1))
    together = threefry2x64(first, first + np.uint64(2**40), seed, names)
    for k, i in ((0, 0), (1, 49)):
        counter = runs[i : i + 1].copy()
        alone = threefry2x64(counter, counter + np.uint64(2**40), seed, names[k])
        assert [word[0] for word in alone] == [word[k, i] for word in together]


def test_each_bit_of_counter_and_key_moves_about_half_of_the_bits():
    words = np.zeros((4, 257), dtype=np.uint64)
    for bit in range(256):
        words[bit // 64, bit + 1] = 2 ** (bit % 64)
    random = np.array(threefry2x64(*words))
    moved = np.bitwise_count(random ^ random[:, :1])[:, 1:].sum(axis=0)  # of 128, sd sqrt(32)
    assert abs(moved - 64.0).max() < 5 * np.sqrt(32)


def test_uniform_numbers_have_53_bits_and_stay_below_1():
    words = np.array([0, 2**11 - 1, 2**11, 2**64 - 1], dtype=np.uint64)
    assert uniform(words).tolist() == [0.0, 0.0, 2.0**-53, 1.0 - 2.0**-53]
