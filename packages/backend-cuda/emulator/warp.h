// What the threads of a block, and the lanes of a warp, do together.
#pragma once

inline void __syncthreads() { tw_block_barrier(); }
inline void __syncwarp(unsigned mask = 0xffffffffu) { tw_meet(mask, nullptr, nullptr); }

// A lane gives a word, and takes that of lane `from`: NaN of a lane that is not there, as CUDA promises nothing of it.
struct TwShuffle {
  unsigned given, from, taken;
};
static void tw_shuffle(void* const* operands, unsigned lanes) {
  for (unsigned lane = 0; lane < 32; lane++) {
    if ((lanes >> lane & 1) == 0) continue;
    TwShuffle& own = *(TwShuffle*)operands[lane];
    own.taken = (lanes >> own.from & 1) == 0 ? 0xffffffffu : ((const TwShuffle*)operands[own.from])->given;
  }
}
template <typename Number>
inline Number tw_shuffled(unsigned mask, Number value, unsigned from) {
  static_assert(sizeof(Number) == 4);
  TwShuffle shuffle{__builtin_bit_cast(unsigned, value), from, 0};
  tw_meet(mask, tw_shuffle, &shuffle);
  return __builtin_bit_cast(Number, shuffle.taken);
}

// Within groups of `width` lanes, a power of two. A lane outside the group gives nothing: the own word stays.
template <typename Number>
inline Number __shfl_sync(unsigned mask, Number value, int from, int width = 32) {
  const unsigned lane = tw_place()->lane;
  return tw_shuffled(mask, value, (lane & ~(width - 1)) + (from & (width - 1)));
}
template <typename Number>
inline Number __shfl_xor_sync(unsigned mask, Number value, int bits, int width = 32) {
  const unsigned lane = tw_place()->lane;
  const unsigned from = lane ^ bits;
  return tw_shuffled(mask, value, from >= (lane & ~(width - 1)) + width ? lane : from);
}
template <typename Number>
inline Number __shfl_down_sync(unsigned mask, Number value, unsigned delta, int width = 32) {
  const unsigned lane = tw_place()->lane;
  return tw_shuffled(mask, value, (lane & (width - 1)) + delta >= (unsigned)width ? lane : lane + delta);
}
template <typename Number>
inline Number __shfl_up_sync(unsigned mask, Number value, unsigned delta, int width = 32) {
  const unsigned lane = tw_place()->lane;
  return tw_shuffled(mask, value, (lane & (width - 1)) < delta ? lane : lane - delta);
}
